"""Languages of the pages: which there are, and which of them a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fastapi import Request

from features.messages import Language, language_of, languages
from features.messages.catalogue import messages_in
from serving.settings import Settings

COOKIE = "parcel_risk_language"
_LONGEST = 200


@cache
def station_languages() -> Mapping[str, Language]:
    """Languages of the station by their codes, English first."""
    folder = files("serving.pages").joinpath("catalogues")
    return {code: language_of(code).with_messages(messages_in(folder, code)) for code in languages()}


def languages_of(request: Request) -> Mapping[str, Language]:
    """Languages that this service offers."""
    return getattr(request.app.state, "languages", None) or station_languages()


def language_for(request: Request) -> Language:
    """Language that a person chose; else the one that the browser asks for; else the one of the installation."""
    known = languages_of(request)
    settings: Settings = request.app.state.settings
    wanted = (request.cookies.get(COOKIE, ""), *_accepted(request.headers.get("accept-language", "")))
    return known[next((code for code in wanted if code in known), settings.language)]


def _accepted(header: str) -> list[str]:
    """Codes of languages in the order in which a browser asks for them."""
    return [one.code for one in sorted(map(_Range.parse, header[:_LONGEST].split(",")), key=lambda one: -one.quality)]


@dataclass(frozen=True, kw_only=True)
class _Range:
    """One entry of ``Accept-Language``."""

    code: str
    quality: float

    @classmethod
    def parse(cls, entry: str) -> _Range:
        tag, _, quality = entry.strip().partition(";q=")
        try:
            return cls(code=tag.partition("-")[0].lower(), quality=float(quality or 1))
        except ValueError:
            return cls(code="", quality=0.0)
