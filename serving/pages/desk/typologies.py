"""Typologies at the supervisor's desk: what is known, what it would have matched here, and its adoption as a rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from features.text import English, Verbatim, day, figure, text
from policy.estimates.intervals import wilson
from policy.rules import RuleError
from policy.typologies import Found, Typology
from serving.office.office import Office
from serving.office.rule_names import rule_names
from serving.office.typologies import HERE, Known, adopt, known_typologies, tested, typology_named, yielded
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.desk.outlook import form_digest, seen_in
from serving.pages.desk.words import STATES
from serving.pages.forms import Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import TheOffice, same_site
from serving.pages.tables import Table, interval_words

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_FIELDS = (
    FormField(name="owner", label=text("Team that answers for it"), required=True, max_length=200),
    FormField(
        name="expires_on",
        label=text("Last day on which it holds"),
        required=True,
        pattern=r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
        remedy=text("Write a day as year-month-day, as in 2027-06-30."),
    ),
    FormField(
        name="days",
        label=text("Days of the past that it is tested on"),
        control=Control.NUMBER,
        required=True,
        minimum=1,
        maximum=3_650,
        max_length=4,
    ),
)


@dataclass(frozen=True, kw_only=True)
class TypologiesPage:
    """Everything `typologies.html` shows: names and titles to choose from, and their states."""

    typologies: Table
    links: list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class TypologyPage:
    """Everything `typology.html` shows of one typology.

    Attributes
    ----------
    rule:
        Name of the rule that it was adopted as; empty where it was not.
    test:
        What it would have matched; None before a test.
    seen:
        Digest of the form whose test was shown: only with that it can be adopted.
    """

    name: str
    title: str
    says: str
    state: str
    rule: str
    conditions: Table
    measured: Table
    look_for: list[str]
    hidden_in: list[str]
    sources: list[str]
    form: Filled
    test: Table | None = None
    seen: str = ""


@router.get("/typologies")
def typologies_page(request: Request, office: TheOffice, officer: Supervisor) -> HTMLResponse:
    """All typologies that the office knows."""
    with office.store.begin_read() as connection:
        known = list(known_typologies(connection).values())
    rows = [
        (English(one.typology.title), one.typology.name, STATES[one.state], *_yield_of(one.typology.measured))
        for one in known
    ]
    head = (
        text("Typology"),
        text("Name"),
        text("State"),
        text("Matched"),
        text("Inspected"),
        text("Found"),
        text("Share with a finding"),
    )
    table = Table(
        caption=text("Typologies, with what each yielded where it was tested last"), head=head, rows=rows, n_texts=3
    )
    links = [(one.typology.name, one.typology.title) for one in known]
    return page(request, "typologies.html", TypologiesPage(typologies=table, links=links))


@router.get("/typologies/{name}")
def typology_page(request: Request, name: str, office: TheOffice, officer: Supervisor) -> HTMLResponse:
    """One typology, and the form that tests and adopts it."""
    with office.store.begin_read() as connection:
        known = known_typologies(connection).get(name)
    if known is None:
        raise HTTPException(404, "No typology has this name.")
    return page(request, "typology.html", _page(known, blank(_FIELDS, days="90")))


@router.post("/typologies/{name}", dependencies=[Depends(same_site)])
def test_or_adopt(
    request: Request,
    name: str,
    office: TheOffice,
    officer: Supervisor,
    form: Annotated[Filled, Depends(filled(*_FIELDS))],
    seen: Annotated[str, Depends(seen_in)],
) -> Response:
    """Show what it would have matched here; keep it as the draft of a rule where that was shown before."""
    try:
        with office.store.begin_read() as connection:
            known = typology_named(connection, name)
    except RuleError as error:
        raise HTTPException(404, str(error)) from None
    expires_on = _day(form)
    if expires_on is None and not form.refusals:
        form = form.refusing("expires_on", text("there is no such day."))
    if form.refusals or expires_on is None:
        return page(request, "typology.html", _page(known, form), 422)
    try:
        found = _tested(office, known.typology, form.number("days") or 1)
        if seen != form_digest(form):
            context = replace(_page(known, form), test=_yield_table(found), seen=form_digest(form))
            return page(request, "typology.html", context)
        with office.writer.transaction() as transaction:
            store, at = transaction.connection, office.clock()
            names = rule_names(store, office.secrets.vault, office.lines, at)
            terms = {"owner": form.typed["owner"], "expires_on": expires_on, "found": found}
            stored, _ = adopt(store, known.typology, officer, at, names, **terms)  # type: ignore[arg-type]
    except RuleError as error:
        return page(
            request,
            "typology.html",
            _page(known, form.refusing("owner", text("{reason}", reason=English(error)), text("Correct it."))),
            422,
        )
    return redirect(f"{PREFIX}/rules/{stored.rule.name}", message="kept")


def _day(form: Filled) -> dt.date | None:
    try:
        return dt.date.fromisoformat(form.typed["expires_on"])
    except ValueError:
        return None


def _tested(office: Office, one: Typology, days: int) -> Found:
    at = office.clock()
    since = at - timedelta(days=days)
    with office.store.begin_read() as connection:
        names = rule_names(connection, office.secrets.vault, office.lines, at)
        return yielded(tested(connection, one, since, at, names), since, at)


def _page(known: Known, form: Filled) -> TypologyPage:
    one = known.typology
    return TypologyPage(
        name=one.name,
        title=one.title,
        says=one.description,
        state=STATES[known.state],
        rule="" if known.stored is None else known.stored.rule.name,
        conditions=Table(
            caption=text("Conditions; it matches from {share:.2f} of the weight on", share=one.threshold),
            head=(text("What it stands for"), text("Condition"), text("Weight")),
            rows=[(English(each.says), Verbatim(each.when), f"{each.weight:g}") for each in one.conditions],
            n_texts=2,
        ),
        measured=Table(
            caption=text("What it yielded where it was tested"),
            head=(
                text("Where"),
                text("From"),
                text("To"),
                text("Parcels"),
                text("Matched"),
                text("Inspected"),
                text("Found"),
                text("Share with a finding"),
            ),
            rows=[_measured(each) for each in one.measured],
            n_texts=3,
            empty=text("It was tested nowhere yet."),
        ),
        look_for=list(one.look_for),
        hidden_in=list(one.hidden_in),
        sources=[f"{each.publisher}: {each.title} ({each.year})" for each in one.sources],
        form=form,
    )


def _measured(one: Found) -> tuple[str, ...]:
    days = day(one.first_on), day(one.last_on)
    where = text("this office") if one.where == HERE else one.where
    return where, *days, figure(one.n_parcels), *_counts(one)


def _counts(one: Found) -> tuple[str, str, str, str]:
    share = interval_words(wilson(one.n_found, one.n_inspected))
    return figure(one.n_matched), figure(one.n_inspected), figure(one.n_found), share


def _yield_of(measured: tuple[Found, ...]) -> tuple[str, ...]:
    return _counts(measured[-1]) if measured else (text("not tested"),) * 4


def _yield_table(found: Found) -> Table:
    head = (
        text("Where"),
        text("From"),
        text("To"),
        text("Parcels"),
        text("Matched"),
        text("Inspected"),
        text("Found"),
        text("Share with a finding"),
    )
    return Table(
        caption=text("What it would have matched here, with a 90 % interval"),
        head=head,
        rows=[_measured(found)],
        n_texts=3,
    )
