"""The form of a list: its terms and its entries."""

from __future__ import annotations

import datetime as dt

from features.text import Verbatim, text
from policy import Referral
from policy.lists import ListField, ListKind, Terms
from policy.lists.terms import (
    HANDLING_CODES,
    INFORMATION_CODES,
    MAX_TEXT,
    SOURCE_CODES,
    USUAL_THRESHOLD,
    usual_referral,
)
from serving.pages.forms import Control, Filled, FormField
from serving.pages.stance import headline

DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
DAY_REMEDY = text("Write a day as year-month-day, as in 2027-06-30.")
_KINDS = {
    ListKind.MANDATORY.value: text("mandatory: every parcel that it names is referred"),
    ListKind.WATCH.value: text("watch: somebody looks at the parcel"),
    ListKind.TRUSTED.value: text("trusted: neither score nor watch lists select the parcel"),
    ListKind.REFERENCE.value: text("reference: words and codes that rules read"),
}
_ASKS = {one.value: headline(one)[2] for one in Referral if one.asks_inspection}
_NAMED = ", ".join(ListField)
_MOST_CSV = 500_000


def _text(name: str, label: str) -> FormField:
    return FormField(name=name, label=label, required=True, max_length=MAX_TEXT)


FIELDS = (
    FormField(
        name="name",
        label=text("Name of the list"),
        required=True,
        max_length=40,
        pattern="[a-z0-9_-]+",
        remedy=text("Write small letters, digits, hyphens and underscores."),
    ),
    FormField(name="kind", label=text("What follows from a hit"), choices=_KINDS, required=True),
    FormField(
        name="fields",
        label=text("What its entries name, with blanks between: {names}", names=Verbatim(_NAMED)),
        required=True,
        max_length=200,
        remedy=text("Write some of {names}.", names=Verbatim(_NAMED)),
    ),
    FormField(name="asks", label=text("What a hit asks for"), choices=_ASKS, empty=text("what is usual for its kind")),
    _text("owner", text("Office that answers for it")),
    _text("legal_basis", text("Legal basis")),
    _text("reason", text("Reason")),
    _text("source", text("Source")),
    FormField(
        name="source_code",
        label=text("Evaluation of the source"),
        choices={one: one for one in SOURCE_CODES},
        required=True,
    ),
    FormField(
        name="information_code",
        label=text("Evaluation of the information"),
        choices={str(one): str(one) for one in INFORMATION_CODES},
        required=True,
    ),
    FormField(
        name="handling", label=text("Handling code"), choices={one: one for one in HANDLING_CODES}, required=True
    ),
    FormField(name="review_on", label=text("Day of its review"), required=True, pattern=DAY, remedy=DAY_REMEDY),
    FormField(
        name="expires_on", label=text("Last day on which it holds; empty: without end"), pattern=DAY, remedy=DAY_REMEDY
    ),
    FormField(
        name="csv",
        label=text("Entries as CSV, the names of the columns first; docs/lists.md describes them"),
        control=Control.LONG,
        required=True,
        max_length=_MOST_CSV,
        rows=8,
    ),
)
ENTRIES = (FIELDS[-1],)


def terms_in(form: Filled) -> Terms | Filled:
    """Terms of a form without refusals; the form with what is refused where it holds none."""
    unknown = [one for one in form.typed["fields"].split() if one not in tuple(ListField)]
    days = {name: _day(form, name) for name in ("review_on", "expires_on")}
    wrong = [name for name, day in days.items() if day is None and form.text(name)]
    if unknown or wrong:
        return form.refusing(wrong[0] if wrong else "fields", text("it cannot be used."))
    kind, asks = ListKind(form.typed["kind"]), form.text("asks")
    texts = {
        name: form.typed[name]
        for name in ("name", "owner", "legal_basis", "reason", "source", "source_code", "handling")
    }
    return Terms(
        **texts,
        kind=kind,
        fields=tuple(dict.fromkeys(ListField(one) for one in form.typed["fields"].split())),
        asks=Referral(asks) if asks else usual_referral(kind),
        information_code=int(form.typed["information_code"]),
        review_on=days["review_on"] or dt.date.max,
        expires_on=days["expires_on"],
        threshold=USUAL_THRESHOLD,
    )


def _day(form: Filled, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(form.typed[name])
    except ValueError:
        return None
