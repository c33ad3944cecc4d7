"""The application: every page's routes, what holds for all of them, and how errors look."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.web import home_page, sign_in
from nightlight.web.access import PUBLIC, NotThere, SignInNeeded, check_routes
from nightlight.web.pages import STATIC, render
from nightlight.web.security import Security
from nightlight.web.site import Site

ROUTERS = (
    home_page.router,
    sign_in.router,
)
WAYS_IN = {"": "/sign-in", "second factor": "/sign-in/second-factor", "change password": "/sign-in/new-password"}


class Assets(StaticFiles):
    """Static files, kept by browsers for ever: their URL changes with their content."""

    def file_response(self, *args: object, **options: object) -> Response:
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(home: Home, *, demo: bool = False, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> FastAPI:
    """The pages of one home. Closing the app closes its broker."""
    site = Site(home, Broker(home), demo=demo, clock=clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        site.broker.close()

    app = FastAPI(title="Nightlight", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.site = site
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/health", lambda: PlainTextResponse("ok"), dependencies=[PUBLIC], include_in_schema=False)
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.add_middleware(Security)
    _explain_errors(app)
    check_routes(app)
    return app


def _explain_errors(app: FastAPI) -> None:
    @app.exception_handler(SignInNeeded)
    async def sign_in_first(request: Request, needed: SignInNeeded) -> Response:
        if _is_api(request):
            return JSONResponse({"error": "sign in with an API token"}, 401, headers={"WWW-Authenticate": "Bearer"})
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        way = WAYS_IN[needed.state]
        target = f"{way}?next={quote(here)}" if request.method == "GET" and here != "/" else way
        if "hx-request" in request.headers:
            return Response(status_code=401, headers={"HX-Redirect": way})
        return RedirectResponse(target, 303)

    @app.exception_handler(NotThere)
    async def not_there(request: Request, _: NotThere) -> Response:
        return _error(request, 404, "there is nothing here that you may open")

    @app.exception_handler(NightlightError)
    async def refused(request: Request, error: NightlightError) -> Response:
        return _error(request, 400, error.what if error.where is None else f"{error.where}: {error.what}", error.remedy)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        fields = sorted({str(each["loc"][-1]) for each in error.errors()})
        return _error(request, 422, f"what was sent cannot be read: {', '.join(fields)}")

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        what = "there is nothing here that you may open" if error.status_code == 404 else str(error.detail)
        return _error(request, error.status_code, what)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        what = f"this page failed ({type(error).__name__}); it is our mistake, not yours"
        return _error(request, 500, what)


def _error(request: Request, status: int, what: str, remedy: str | None = None) -> Response:
    if _is_api(request):
        return JSONResponse({"error": what, "remedy": remedy}, status)
    template = "_error.html" if "hx-request" in request.headers else "error.html"
    return render(request, template, status=status, what=what, remedy=remedy)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")
