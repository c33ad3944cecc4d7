"""The application: every page's routes, what holds for all of them, and how errors look."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from nightlight.dashboards import charts
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.practice import playing
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.web import (
    adoption,
    api,
    conversations,
    dashboards,
    home_page,
    metrics,
    notebooks,
    notebooks_api,
    reports,
)
from nightlight.web.access import PUBLIC, NotThere, SignInNeeded, check_routes, identify
from nightlight.web.accounts import account, sign_in
from nightlight.web.accounts import provider as sign_in_provider
from nightlight.web.accounts import second_factor as account_second_factor
from nightlight.web.accounts import steps as sign_in_steps
from nightlight.web.accounts import tokens as account_tokens
from nightlight.web.admin import alerts as admin_alerts
from nightlight.web.admin import audit as admin_audit
from nightlight.web.admin import backup as admin_backup
from nightlight.web.admin import groups as admin_groups
from nightlight.web.admin import overview as admin
from nightlight.web.admin import people as admin_people
from nightlight.web.admin import policies as admin_policies
from nightlight.web.admin import purposes as admin_purposes
from nightlight.web.admin import sources as admin_sources
from nightlight.web.admin import tokens as admin_tokens
from nightlight.web.console import console
from nightlight.web.data import access as data_access
from nightlight.web.data import lineage as data_lineage
from nightlight.web.data import requests
from nightlight.web.data import tables as data
from nightlight.web.models import changing as models_changing
from nightlight.web.models import comparing as models_comparing
from nightlight.web.models import model as models_model
from nightlight.web.models import overview as models
from nightlight.web.models import version as models_version
from nightlight.web.pages import STATIC, render
from nightlight.web.practice import assigning as practice_assigning
from nightlight.web.practice import chat as practice_chat
from nightlight.web.practice import choosing as practice
from nightlight.web.practice import debrief as practice_debrief
from nightlight.web.practice import own_studies as practice_own_studies
from nightlight.web.practice import progress as practice_progress
from nightlight.web.practice import shift as practice_shift
from nightlight.web.practice import studies as practice_studies
from nightlight.web.practice import teaching as practice_teaching
from nightlight.web.practice import training as practice_training
from nightlight.web.practice import wellbeing as practice_wellbeing
from nightlight.web.practice import what_if as practice_what_if
from nightlight.web.quality import annotation as quality_annotation
from nightlight.web.quality import annotation_deciding as quality_annotation_deciding
from nightlight.web.quality import annotation_labelling as quality_annotation_labelling
from nightlight.web.quality import api as quality_api
from nightlight.web.quality import coaching as quality_coaching
from nightlight.web.quality import conversation as quality_conversation
from nightlight.web.quality import deciding as quality_deciding
from nightlight.web.quality import drift as quality_drift
from nightlight.web.quality import measures as quality_measures
from nightlight.web.quality import openings as quality_openings
from nightlight.web.quality import queue as quality
from nightlight.web.quality import samples as quality_samples
from nightlight.web.quality import shift as quality_shift
from nightlight.web.quality.watch import watch, watch_calls
from nightlight.web.security import Security
from nightlight.web.site import Site
from nightlight.web.studio import documents as studio_documents
from nightlight.web.studio import editing as studio_editing
from nightlight.web.studio import history as studio_history
from nightlight.web.studio import lab as studio_lab
from nightlight.web.studio import library as studio
from nightlight.web.studio import messages as studio_messages
from nightlight.web.studio import preview as studio_preview
from nightlight.web.studio import review as studio_review

ROUTERS = (
    account.router,
    account_second_factor.router,
    account_tokens.router,
    admin.router,
    admin_alerts.router,
    admin_audit.router,
    admin_backup.router,
    admin_groups.router,
    admin_people.router,
    admin_policies.router,
    admin_purposes.router,
    admin_sources.router,
    admin_tokens.router,
    adoption.router,
    api.router,
    console.router,
    conversations.router,
    dashboards.router,
    data.router,
    data_access.router,
    data_lineage.router,
    home_page.router,
    metrics.router,
    models.router,
    models_changing.router,  # /models/{name}/rollback
    models_comparing.router,
    models_model.router,
    models_version.router,
    notebooks.router,
    notebooks_api.router,
    practice.router,
    practice_assigning.router,
    practice_chat.router,
    practice_debrief.router,
    practice_own_studies.router,
    practice_progress.router,
    practice_shift.router,
    practice_studies.router,
    practice_teaching.router,
    practice_training.router,
    practice_wellbeing.router,
    practice_what_if.router,
    quality_annotation.router,
    quality_annotation_deciding.router,
    quality_annotation_labelling.router,
    quality_api.router,
    quality.router,
    quality_coaching.router,
    quality_conversation.router,
    quality_deciding.router,
    quality_drift.router,
    quality_measures.router,
    quality_openings.router,
    quality_samples.router,
    quality_shift.router,
    reports.router,
    requests.router,
    sign_in.router,
    sign_in_provider.router,
    sign_in_steps.router,
    studio.router,  # /studio/new before /studio/{name}
    studio_documents.router,
    studio_editing.router,
    studio_history.router,
    studio_lab.router,
    studio_messages.router,
    studio_preview.router,
    studio_review.router,
)
PAGES = APIRouter()  # shared by all applications: FastAPI plans a route when it is first asked for, and keeps it here
for _router in ROUTERS:
    PAGES.include_router(_router)
NOTHING_HERE = N_("there is nothing here that you may open")
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
        Thread(target=charts.warm_up, daemon=True).start()
        Thread(target=playing.warm_up, args=(home,), daemon=True).start()
        ending = Event()
        Thread(target=watch, args=(home, clock, ending), daemon=True).start()
        Thread(target=watch_calls, args=(home, site.broker, clock, ending), daemon=True).start()
        yield
        ending.set()
        site.broker.close()

    app = FastAPI(
        title="Nightlight",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would send people to whatever host the request named
        lifespan=lifespan,
    )
    app.state.site = site
    app.router.routes.extend(PAGES.routes)
    app.add_api_route("/health", lambda: PlainTextResponse("ok"), dependencies=[PUBLIC], include_in_schema=False)
    app.mount("/static", Assets(directory=STATIC), name="static")
    compressed = (*DEFAULT_EXCLUDED_CONTENT_TYPES, api.ARROW)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=5, exclude_content_types=compressed)
    app.add_middleware(Security, on_failure=_broken)
    _explain_errors(app)
    check_routes(app)
    return app


def _explain_errors(app: FastAPI) -> None:
    @app.exception_handler(SignInNeeded)
    def sign_in_first(request: Request, needed: SignInNeeded) -> Response:
        if _is_api(request):
            return JSONResponse({"error": "sign in with an API token"}, 401, headers={"WWW-Authenticate": "Bearer"})
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        way = WAYS_IN[needed.state]
        target = f"{way}?next={quote(here)}" if request.method == "GET" and here != "/" else way
        if "hx-request" in request.headers:
            return Response(status_code=401, headers={"HX-Redirect": way})
        return RedirectResponse(target, 303)

    @app.exception_handler(NotThere)
    def not_there(request: Request, _: NotThere) -> Response:
        return _error(request, 404, NOTHING_HERE)

    @app.exception_handler(NightlightError)
    def refused(request: Request, error: NightlightError) -> Response:
        return _error(request, 400, error.what if error.where is None else f"{error.where}: {error.what}", error.remedy)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        fields = sorted({str(each["loc"][-1]) for each in error.errors()})
        return _error(request, 422, f"what was sent cannot be read: {', '.join(fields)}")

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        what = NOTHING_HERE if error.status_code == 404 else str(error.detail)
        with suppress(SignInNeeded):  # no route has asked who this is: a page with the menu, as others have
            request.state.person = identify(request, request.app.state.site)
        return _error(request, error.status_code, what)


def _broken(request: Request, error: Exception) -> Response:
    return _error(request, 500, N_("this page failed; it is our mistake, not yours"), type(error).__name__)


def _error(request: Request, status: int, what: str, remedy: str | None = None) -> Response:
    if _is_api(request):
        return JSONResponse({"error": what, "remedy": remedy}, status)
    template = "_error.html" if "hx-request" in request.headers else "error.html"
    return render(request, template, status=status, what=what, remedy=remedy)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")
