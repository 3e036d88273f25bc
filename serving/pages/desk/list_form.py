"""The form of a list: its terms and its entries."""

from __future__ import annotations

import datetime as dt

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

_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_DAY_REMEDY = "Write a day as year-month-day, as in 2027-06-30."
_KINDS = {
    ListKind.MANDATORY.value: "mandatory: every parcel that it names is referred",
    ListKind.WATCH.value: "watch: somebody looks at the parcel",
    ListKind.TRUSTED.value: "trusted: neither score nor watch lists select the parcel",
    ListKind.REFERENCE.value: "reference: words and codes that rules read",
}
_ASKS = {one.value: headline(one)[2] for one in Referral if one.asks_inspection}
_NAMED = ", ".join(ListField)
_MOST_CSV = 500_000


def _text(name: str, label: str) -> FormField:
    return FormField(name=name, label=label, required=True, max_length=MAX_TEXT)


FIELDS = (
    FormField(
        name="name",
        label="Name of the list",
        required=True,
        max_length=40,
        pattern="[a-z0-9_-]+",
        remedy="Write small letters, digits, hyphens and underscores.",
    ),
    FormField(name="kind", label="What follows from a hit", choices=_KINDS, required=True),
    FormField(
        name="fields",
        label=f"What its entries name, with blanks between: {_NAMED}",
        required=True,
        max_length=200,
        remedy=f"Write some of {_NAMED}.",
    ),
    FormField(name="asks", label="What a hit asks for", choices=_ASKS, empty="what is usual for its kind"),
    _text("owner", "Office that answers for it"),
    _text("legal_basis", "Legal basis"),
    _text("reason", "Reason"),
    _text("source", "Source"),
    FormField(
        name="source_code", label="Evaluation of the source", choices={one: one for one in SOURCE_CODES}, required=True
    ),
    FormField(
        name="information_code",
        label="Evaluation of the information",
        choices={str(one): str(one) for one in INFORMATION_CODES},
        required=True,
    ),
    FormField(name="handling", label="Handling code", choices={one: one for one in HANDLING_CODES}, required=True),
    FormField(name="review_on", label="Day of its review", required=True, pattern=_DAY, remedy=_DAY_REMEDY),
    FormField(
        name="expires_on", label="Last day on which it holds; empty: without end", pattern=_DAY, remedy=_DAY_REMEDY
    ),
    FormField(
        name="csv",
        label="Entries as CSV, the names of the columns first; docs/lists.md describes them",
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
        return form.refusing(wrong[0] if wrong else "fields", "it cannot be used.")
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
