"""Looking up a person at the station: the purpose is asked for and kept, the words are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.text import Text, text
from serving.office.purposes import KnownPerson, Purpose, look_up_person
from serving.office.subjects import SubjectError
from serving.pages.forms import Control, Filled, FormField, blank, filled
from serving.pages.history import cases_table, known_table, notes_about
from serving.pages.layout import page
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.tables import Table

router = APIRouter(prefix="/station", include_in_schema=False)
_PURPOSES = {
    Purpose.INSPECTION.value: text("a parcel in hand"),
    Purpose.FINDING.value: text("a finding to which others may belong"),
    Purpose.REQUEST.value: text("a request of the person"),
    Purpose.SUPERVISION.value: text("a check of the work of the office"),
}
_WORDS = (
    FormField(name="name", label=text("Name"), max_length=200),
    FormField(name="street", label=text("Street"), max_length=200),
    FormField(name="number", label=text("House number"), max_length=35),
    FormField(name="postcode", label=text("Postcode"), max_length=35),
    FormField(name="city", label=text("City"), max_length=200),
    FormField(
        name="country",
        label=text("Country"),
        max_length=2,
        pattern="[A-Za-z]{2}",
        remedy=text("Write two letters, as in DE."),
    ),
    FormField(name="phone", label=text("Telephone"), max_length=50),
    FormField(name="email", label=text("E-mail address"), max_length=200),
)
_FIELDS = (
    FormField(
        name="purpose",
        label=text("Purpose"),
        choices=_PURPOSES,
        control=Control.CHOICE,
        required=True,
        empty=text("choose a purpose"),
        remedy=text("Choose why this person is looked up."),
        is_first=True,
    ),
    FormField(
        name="reference",
        label=text("Number of the parcel, case or request"),
        required=True,
        max_length=40,
        pattern="[A-Za-z0-9][A-Za-z0-9 ./_-]*",
        remedy=text("Write a number that others can follow; name nobody."),
    ),
    *_WORDS,
)
_NO_KEY = text(
    "Not looked up: these words make no key of a person. A name counts together with the whole address, or with "
    "postcode and country; a telephone or an e-mail address alone is enough for a sender."
)


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """Everything `person.html` shows: the form, and what is known under the words given."""

    form: Filled = field(default_factory=lambda: blank(_FIELDS))
    known: Table | None = None
    cases: Table | None = None
    notes: list[str] = field(default_factory=list)
    message: str = ""


@router.get("/person")
def person(request: Request, officer: Officer) -> HTMLResponse:
    """Form for the words of a manifest, and for the purpose."""
    return page(request, "person.html", PersonPage())


@router.post("/person", dependencies=[Depends(same_site)])
def looked_up(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """What is known under the words given; they are in no address and in no log."""
    if form.refusals:
        return page(request, "person.html", PersonPage(form=form), 422)
    words = {one.name: form.typed[one.name] for one in _WORDS if form.typed[one.name]}
    words |= {"country": words["country"].upper()} if "country" in words else {}
    try:
        found = look_up_person(office, words, Purpose(form.typed["purpose"]), form.typed["reference"], officer)
    except SubjectError as error:
        return page(
            request, "person.html", PersonPage(form=form, message=Text.of(str(error), _NO_KEY.message, {})), 422
        )
    return page(request, "person.html", _page(form, found))


def _page(form: Filled, found: KnownPerson | None) -> PersonPage:
    if found is None:
        return PersonPage(form=form, message=text("Not shown: the look could not be logged."))
    if not found.known:
        return PersonPage(form=form, message=text("Nothing is known under exactly these words."))
    return PersonPage(
        form=form,
        known=known_table(found.known, text("Parcels that name this person")),
        cases=cases_table(found.cases, found.n_cases),
        notes=notes_about(found.known),
    )
