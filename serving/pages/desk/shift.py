"""The shift at the supervisor's desk: summary, hand-over, and the same as CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from features.text import English, Text, figure, moment, text
from serving.office.deciding import LABEL_ALONE
from serving.office.office import Office
from serving.office.shift_report import Rate, ShiftReport, shift_of, shift_report
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.forms import Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.outcome_form import OVERRIDES
from serving.pages.session import TheOffice, same_site
from serving.pages.stance import headline
from serving.pages.tables import Table, csv_of, interval_words
from serving.store.notes import MOST_CHARACTERS, Note, put_note
from serving.store.times import microseconds, time_of

router = APIRouter(prefix=PREFIX, include_in_schema=False)
Hours = Annotated[int, Query(ge=0, le=24 * 31)]
_MISSING = {
    "reference model": text("answered by the reference model"),
    "no model": text("no model"),
    LABEL_ALONE: text("answered by the label alone"),
}
_NOTE = (
    FormField(
        name="text",
        label=text("Note for the next shift; write no names of persons"),
        control=Control.LONG,
        required=True,
        max_length=MOST_CHARACTERS,
    ),
)


@dataclass(frozen=True, kw_only=True)
class ShiftPage:
    """Everything `shift.html` shows; `hours` is 0 for the shift by the plan."""

    hours: int
    period: str
    tables: list[Table]
    notes: Table
    form: Filled
    message: str = ""


@router.get("/shift")
def shift_page(
    request: Request, office: TheOffice, officer: Supervisor, hours: Hours = 0, message: str = ""
) -> HTMLResponse:
    """Summary of the shift, or of the last hours that the address names."""
    said = text("The note is kept for the next shift.") if message == "noted" else ""
    return page(request, "shift.html", _page(office, hours, blank(_NOTE), said))


@router.get("/shift.csv")
def shift_csv(office: TheOffice, officer: Supervisor, hours: Hours = 0) -> Response:
    """The same as CSV, of which a spreadsheet runs no cell."""
    report = _report(office, hours)
    text = csv_of([_period_table(report), *_tables(report), _notes(report)])
    name = f"shift-{report.until:%Y-%m-%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/shift", dependencies=[Depends(same_site)])
def leave_note(
    request: Request, office: TheOffice, officer: Supervisor, form: Annotated[Filled, Depends(filled(*_NOTE))]
) -> Response:
    """Keep a note for the next shift."""
    if form.refusals:
        return page(request, "shift.html", _page(office, 0, form), 422)
    note = Note(client_id=officer.client_id, made_at=microseconds(office.clock()), text=form.typed["text"])
    with office.writer.transaction() as transaction:
        put_note(transaction.connection, note)
    return redirect(f"{PREFIX}/shift", message="noted")


def _page(office: Office, hours: int, form: Filled, message: str = "") -> ShiftPage:
    report = _report(office, hours)
    return ShiftPage(
        hours=hours,
        period=text("{since} to {until}", since=_time(report.since), until=_time(report.until)),
        tables=_tables(report),
        notes=_notes(report),
        form=form,
        message=message,
    )


def _report(office: Office, hours: int) -> ShiftReport:
    now = office.clock()
    if hours:
        return shift_report(office, now - timedelta(hours=hours), now + timedelta(microseconds=1))
    with office.store.begin_read() as connection:
        since, until = shift_of(connection, now)
    return shift_report(office, since, until)


def _time(at: datetime) -> Text:
    return moment(at)


def _period_table(report: ShiftReport) -> Table:
    rows = [(_time(report.since), _time(report.until))]
    return Table(caption=text("Summary of a shift"), head=(text("From"), text("To")), rows=rows, n_texts=2)


def _tables(report: ShiftReport) -> list[Table]:
    return [_rates(report), _overrides(report), _work(report), _outages(report), _left(report)]


def _rates(report: ShiftReport) -> Table:
    parts = (
        (text("Selected by lists, rules, model or searches"), report.selected),
        (text("Drawn at random"), report.drawn),
        (text("Picked by officers"), report.picked),
    )
    return Table(
        caption=text("Inspected and found, with 90 % intervals"),
        head=(text("What was inspected"), text("Parcels"), text("With a finding"), text("Share")),
        rows=[(says, *_rate(one)) for says, one in parts],
    )


def _rate(one: Rate) -> tuple[str, str, str]:
    return figure(one.n), figure(one.n_found), interval_words(one.share)


def _overrides(report: ShiftReport) -> Table:
    rows = [*_reasons(text("Let go although an inspection was asked for"), report.let_go)]
    rows += _reasons(text("Inspected or corrected with a reason"), report.inspected_anyway)
    return Table(
        caption=text("Advice that was not followed"),
        head=(text("What"), text("Reason"), text("Parcels")),
        rows=rows,
        n_texts=2,
        empty=text("None."),
    )


def _reasons(what: str, counts: Mapping[str, int]) -> list[tuple[str, ...]]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(what, OVERRIDES.get(reason, reason.replace("_", " ")), figure(n)) for reason, n in ordered]


def _work(report: ShiftReport) -> Table:
    pace = text("not known") if report.pace_s is None else figure(report.pace_s, ",.0f")
    rows = [
        (text("Median seconds between look and record"), pace),
        (text("Entries undone within half a minute"), figure(report.n_undone)),
    ]
    return Table(caption=text("Work at the stations"), head=(text("Figure"), text("Value")), rows=rows)


def _outages(report: ShiftReport) -> Table:
    rows = [
        (text("Answers without something: {missing}", missing=_MISSING.get(missing) or English(missing)), figure(n))
        for missing, n in sorted(report.degraded.items())
    ]
    if report.n_kept:
        longest = report.longest_kept.total_seconds()
        rows.append((text("Entries that a station kept because the server was lost"), figure(report.n_kept)))
        rows.append((text("Longest time that one was kept, in seconds"), figure(longest, ",.0f")))
    return Table(caption=text("Outages"), head=(text("What"), text("Number")), rows=rows, empty=text("None was seen."))


def _left(report: ShiftReport) -> Table:
    counted = Counter(headline(one.referral)[2] for one in report.waiting)
    rows = [(says, figure(n)) for says, n in counted.most_common()]
    claimed = sum(one.claimed_by is not None for one in report.waiting)
    rows += [(text("Of these claimed by an officer"), figure(claimed))] if rows else []
    return Table(
        caption=text("Handed over: parcels that are still to be fetched"),
        head=(text("What"), text("Parcels")),
        rows=rows,
        empty=text("None."),
    )


def _notes(report: ShiftReport) -> Table:
    rows = [(_time(time_of(one.made_at)), one.client_id, one.text) for one in report.notes]
    return Table(
        caption=text("Notes"),
        head=(text("When"), text("Who"), text("Note")),
        rows=rows,
        n_texts=3,
        empty=text("None was written."),
    )
