"""Typologies as YAML: read with an error that names the field, and written so that reading gives the same."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, TypeVar

import yaml

from policy.rules import REFERRALS, RuleError, nearest
from policy.typologies.typology import Found, Source, Typology, Weighted
from policy.vocabulary import Referral

MOST_BYTES = 65_536
MOST_TEXT = 2_000
MOST_CONDITIONS = 20
MOST_WEIGHT = 100.0
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_TEXTS = ("name", "title", "description", "legal_basis")
_REQUIRED = (*_TEXTS, "sources", "conditions", "threshold", "refer", "must_match", "must_not_match")
Part = TypeVar("Part")


def typology_of(text: str, loader: type[yaml.SafeLoader | yaml.CSafeLoader] = yaml.SafeLoader) -> Typology:
    """Read a YAML file; the conditions are not looked at yet, see `policy.rules.check`.

    Parameters
    ----------
    loader:
        The one in C is eight times as quick, but ends the process where brackets are nested deeply: for our own files.

    Raises
    ------
    RuleError
        When it is none, or a value is missing, unknown or no value of its field.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise RuleError(f"the file has more than {MOST_BYTES:,} bytes; a typology has fewer.")
    try:
        # An alias may stand for itself many times over, and a typology needs none.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=loader)):
            raise RuleError("the file has aliases (*name). Write out what they stand for.")
        document = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise RuleError(f"the file is not YAML: {' '.join(str(error).split())[:200]}.") from None
    if not isinstance(document, dict):
        raise RuleError("the file is no typology. docs/typologies.md shows one.")
    return from_document(document)


def from_document(document: Mapping[Any, Any]) -> Typology:
    """Read what a file or the store holds; see `typology_of`."""
    known = tuple(field.name for field in fields(Typology))
    for name in document:
        if name not in known:
            raise RuleError(f"there is no field {str(name)[:40]}.{nearest(str(name)[:40], known)}")
    missing = next((name for name in _REQUIRED if not document.get(name)), None)
    if missing:
        raise RuleError(f"{missing}: it is not given. docs/typologies.md shows a typology.")
    texts = {name: _text(name, document[name]) for name in _TEXTS}
    if not _NAME.fullmatch(texts["name"]):
        raise RuleError("name: write at most 50 small letters, digits and hyphens, as in letters-of-tablets.")
    return Typology(
        **texts,
        sources=_parts(document, "sources", _source),
        conditions=_parts(document, "conditions", _weighted, most=MOST_CONDITIONS),
        threshold=_number("threshold", document["threshold"], 1.0),
        refer=_referral(document["refer"]),
        look_for=tuple(_text("look_for", one) for one in _list(document, "look_for")),
        hidden_in=tuple(_text("hidden_in", one) for one in _list(document, "hidden_in")),
        must_match=_parts(document, "must_match", _facts),
        must_not_match=_parts(document, "must_not_match", _facts),
        measured=_parts(document, "measured", _found),
    )


def as_document(one: Typology) -> dict[str, Any]:
    """What `from_document` reads, as JSON holds it."""
    document = asdict(one)
    document["refer"] = one.refer.value
    for found in document["measured"]:
        found |= {name: found[name].isoformat() for name in ("first_on", "last_on")}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in document.items() if value != ()}


def written(one: Typology) -> str:
    """A typology as YAML."""
    return str(yaml.safe_dump(as_document(one), sort_keys=False, allow_unicode=True, width=120))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_TEXT:
        raise RuleError(f"{name}: write a text of at most {MOST_TEXT:,} characters.")
    return value.strip()


def _number(name: str, value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise RuleError(f"{name}: write a number above 0 and at most {most:g}.")
    return float(value)


def _list(document: Mapping[Any, Any], name: str) -> Sequence[Any]:
    value = document.get(name) or []
    if not isinstance(value, list):
        raise RuleError(f"{name}: write a list.")
    return value


def _parts(
    document: Mapping[Any, Any], name: str, read: Callable[[str, Mapping[str, Any]], Part], *, most: int = 50
) -> tuple[Part, ...]:
    given = _list(document, name)
    if len(given) > most or not all(isinstance(one, dict) for one in given):
        raise RuleError(f"{name}: write at most {most} entries, each with its fields.")
    return tuple(read(f"{name}, entry {number}", one) for number, one in enumerate(given, start=1))


def _only(where: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    if set(given) != set(names):
        raise RuleError(f"{where}: write {', '.join(names)}, and nothing else.")


def _source(where: str, given: Mapping[str, Any]) -> Source:
    _only(where, given, ("publisher", "title", "year"))
    if isinstance(given["year"], bool) or not isinstance(given["year"], int) or not 1900 <= given["year"] <= 2200:
        raise RuleError(f"{where}: year is the year of publication, as in 2024.")
    return Source(
        publisher=_text(where, given["publisher"]), title=_text(where, given["title"]), year=int(given["year"])
    )


def _weighted(where: str, given: Mapping[str, Any]) -> Weighted:
    _only(where, given, ("when", "weight", "says"))
    weight = _number(f"{where}, weight", given["weight"], MOST_WEIGHT)
    return Weighted(when=_text(where, given["when"]), weight=weight, says=_text(where, given["says"]))


def _facts(where: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if not given or not all(isinstance(name, str) for name in given):
        raise RuleError(f"{where}: write facts of a parcel by their names.")
    return dict(given)


def _found(where: str, given: Mapping[str, Any]) -> Found:
    counts = ("n_parcels", "n_matched", "n_inspected", "n_found")
    _only(where, given, ("where", "first_on", "last_on", *counts))
    try:
        first_on, last_on = (dt.date.fromisoformat(str(given[name])) for name in ("first_on", "last_on"))
    except ValueError:
        raise RuleError(f"{where}: write days as in 2026-07-01.") from None
    if not all(isinstance(given[name], int) and given[name] >= 0 for name in counts):
        raise RuleError(f"{where}: {', '.join(counts)} are numbers of parcels.")
    of = {name: int(given[name]) for name in counts}
    return Found(where=_text(where, given["where"]), first_on=first_on, last_on=last_on, **of)


def _referral(text: object) -> Referral:
    if text not in {one.value for one in REFERRALS}:
        raise RuleError(f"refer: write one of {', '.join(REFERRALS)}.{nearest(str(text)[:40], REFERRALS)}")
    return Referral(str(text))
