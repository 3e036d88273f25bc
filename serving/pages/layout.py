"""What every page shares: templates, navigation, the message of a redirect, and the redirect itself."""

from __future__ import annotations

from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from serving.store.clients import INSPECTING

_HERE = Path(str(files("serving.pages")))
STATIC = _HERE / "static"
NAVIGATION = (
    ("/station", "Station"),
    ("/station/queue", "Queue"),
    ("/station/run", "Run over many parcels"),
    ("/station/observed", "Undeclared item"),
    ("/station/exhibit", "Exhibits"),
    ("/station/funnel", "Funnel"),
    ("/station/trials", "Test parcels"),
    ("/station/quality", "Data quality"),
    ("/station/line", "This station"),
)
"""Pages that every page links, in this order."""
_templates = Jinja2Templates(directory=_HERE / "templates")


def page(request: Request, name: str, context: Any, status: int = 200) -> HTMLResponse:
    """Render the template `name` with the fields of the dataclass `context`."""
    return _templates.TemplateResponse(request, name, {**asdict(context), **_shared(request)}, status_code=status)


def text_of(name: str, context: Any) -> str:
    """Text of the template `name` with the fields of the dataclass `context`, for a file instead of an answer."""
    return str(_templates.env.get_template(name).render(asdict(context)))


def plain(request: Request, name: str) -> HTMLResponse:
    """Render the template `name`, which shows nothing of its own."""
    return _templates.TemplateResponse(request, name, _shared(request))


def _shared(request: Request) -> dict[str, Any]:
    officer = getattr(request.state, "officer", None)
    return {
        "officer": officer.client_id if officer else "",
        "path": request.url.path,
        "navigation": NAVIGATION if officer and officer.role in INSPECTING else (),
        "idle_s": request.app.state.settings.idle_minutes * 60,
    }


def redirect(path: str, **query: str) -> Response:
    """Redirect to `path`, so that reloading a page never repeats a form."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, status_code=303)
