"""What every page shares: templates, navigation, languages, the message of a redirect, and the redirect itself.

A template says texts of its own by ``_("...")`` and ``_n("one", "many", n=n)``; a `features.text.Text` of its context
is put into the language of the reader wherever it is shown. Anything else, such as a text of a manifest, is shown as it
is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape

from features.messages import Language, language_of
from features.text import English, Text, Verbatim, counted, figure, text
from serving.office.ladder import Ladder, Level
from serving.pages.languages import language_for, languages_of
from serving.pages.script_words import script_words
from serving.store import Role
from serving.store.clients import INSPECTING

_HERE = Path(str(files("serving.pages")))
STATIC = _HERE / "static"
NAVIGATION = (
    ("/station", text("Station")),
    ("/station/queue", text("Queue")),
    ("/station/run", text("Run over many parcels")),
    ("/station/observed", text("Undeclared item")),
    ("/station/person", text("Person")),
    ("/station/exhibit", text("Exhibits")),
    ("/station/funnel", text("Funnel")),
    ("/station/clocks", text("Clocks")),
    ("/station/exchange", text("Exchange")),
    ("/station/cases", text("Casework")),
    ("/station/trials", text("Test parcels")),
    ("/station/quality", text("Data quality")),
    ("/station/line", text("This station")),
    ("/station/practice", text("Practice")),
)
"""Pages that every page links, in this order."""
LONGEST_QUERY = 500
"""Characters of a query that a choice of another language returns to; a longer one is no reading of a parcel."""
DESK = (
    ("/station/desk", text("Overview")),
    ("/station/desk/capacity", text("Capacity")),
    ("/station/desk/lists", text("Lists")),
    ("/station/desk/rules", text("Rules")),
    ("/station/desk/typologies", text("Typologies")),
    ("/station/desk/arms", text("Arms")),
    ("/station/desk/shift", text("Shift")),
    ("/station/desk/agreement", text("Agreement")),
    ("/station/desk/pictures", text("Pictures")),
    ("/station/desk/waivers", text("Waivers")),
)
"""Pages that the pages of supervisors link in addition."""

_NOWHERE = (404, 405)


def page(request: Request, name: str, context: Any, status: int = 200) -> HTMLResponse:
    """Render the template `name` with the fields of the dataclass `context`, in the language of the reader."""
    language = language_for(request)
    shared = _shared(request)
    if status in _NOWHERE:
        shared["address"] = "/station"  # what was typed as an address may be a person's name, and is not repeated
    content = rendered(language, name, {**_fields(context), **shared})
    headers = {"content-language": language.code, "vary": "Cookie, Accept-Language"}
    return HTMLResponse(content, status_code=status, headers=headers)


def text_of(name: str, context: Any) -> str:
    """Text of the template `name` with the fields of the dataclass `context`, for a file instead of an answer."""
    return rendered(language_of("en"), name, _fields(context))


def plain(request: Request, name: str) -> HTMLResponse:
    """Render the template `name`, which shows nothing of its own."""
    return HTMLResponse(rendered(language_of("en"), name, _shared(request)))


def rendered(language: Language, name: str, context: dict[str, Any]) -> str:
    """A template in a language."""
    return _environment(language).get_template(name).render(context)


@cache
def _environment(language: Language) -> Environment:
    def say(value: object) -> object:
        return _said(language, value) if isinstance(value, Text) else value

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape(), finalize=say, auto_reload=False
    )
    environment.filters |= {"bdi": _isolated, "data": _data, "number": figure, "plain": partial(_plain, language)}
    environment.globals |= {
        "language": language,
        "_": partial(_message, language, text),
        "_n": partial(_message, language, counted),
        "words": script_words(language),
    }
    return environment


def _message(language: Language, make: Callable[..., Text], *messages: str, **values: Any) -> Markup:
    return _said(language, make(*messages, **values))


def _said(language: Language, said: Text) -> Markup:
    """A text as HTML; values that are HTML already stay what they are, and what no language changes is marked."""
    if not said.values:
        return _bare(language, said.message, str.__str__(said), said.n)
    kept: list[str] = []

    def keep(value: str) -> str:
        kept.append(_as_it_is(value))
        return f"\0{len(kept) - 1}\0"

    parts = str(escape(language.text(said, keep))).split("\0")
    return Markup("".join(kept[int(part)] if n % 2 else part for n, part in enumerate(parts)))


@lru_cache(maxsize=4_096)
def _bare(language: Language, message: str, english: str, n: int | None) -> Markup:
    """A text without values as HTML: a page shows a hundred of them, always the same ones."""
    return escape(language.text(Text.of(english, message, {}, n)))


def _as_it_is(value: str) -> Markup:
    """HTML of a value that no language changes."""
    if isinstance(value, Markup):
        return value
    said = escape(str(value))
    if isinstance(value, English):
        return Markup(f'<span lang="en" dir="ltr">{said}</span>')
    if isinstance(value, Verbatim):
        return Markup(f'<code translate="no">{said}</code>')
    return Markup(f"<bdi>{said}</bdi>")


def _isolated(value: object) -> Markup:
    """A value of a manifest, which may be of another script and direction than the text around it."""
    return Markup(f"<bdi>{escape(value)}</bdi>")


def _data(value: str) -> str:
    """A text as it is said, and anything else as a value that no language changes."""
    return value if isinstance(value, Text) else _as_it_is(value)


def _plain(language: Language, value: str) -> str:
    """A text without any mark, for attributes and for words in a picture."""
    return language.text(value) if isinstance(value, Text) else str(value)


def _fields(context: Any) -> dict[str, Any]:
    """Fields of a page's context; what is nested stays what it is."""
    return {one.name: getattr(context, one.name) for one in fields(context)} if is_dataclass(context) else {}


def _shared(request: Request) -> dict[str, Any]:
    officer = getattr(request.state, "officer", None)
    of_supervisors = (("/station/desk", text("Supervisor")),) if officer and officer.role is Role.SUPERVISOR else ()
    path = request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    return {
        "officer": officer.client_id if officer else "",
        "path": request.url.path,
        "address": f"{path}{query}" if request.method == "GET" and len(query) <= LONGEST_QUERY else path,
        "navigation": (*NAVIGATION, *of_supervisors) if officer and officer.role in INSPECTING else (),
        "desk": DESK,
        "degraded": _degraded(request),
        "idle_s": request.app.state.settings.idle_minutes * 60,
        "languages": languages_of(request),
    }


def redirect(path: str, **query: str) -> Response:
    """Redirect to `path`, so that reloading a page never repeats a form."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, status_code=303)


_LACKING = {
    Level.NO_MODEL: text("No approved model is in service. Check by hand what is not assessed."),
    Level.NO_STORE: text("The database cannot be read or written. Check by hand; nothing is cleared."),
}
"""What is said on every page at a level of the failure ladder."""


def _degraded(request: Request) -> str:
    ladder: Ladder | None = getattr(request.app.state, "ladder", None)
    return "" if ladder is None else _LACKING.get(ladder.now.level, "")
