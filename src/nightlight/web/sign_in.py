"""Signing in and out."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.web.access import PUBLIC
from nightlight.web.pages import render

router = APIRouter()


@router.get("/sign-in", dependencies=[PUBLIC])
def sign_in_page(request: Request) -> HTMLResponse:
    return render(request, "sign_in.html")
