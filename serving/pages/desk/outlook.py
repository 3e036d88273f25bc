"""What would have happened in the last four weeks: shown at the desk before a list, a rule or a typology is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from fastapi import Request

from features.parcel.problems import ParcelRiskError
from features.text import English, figure, text
from policy.whatif import Compared, SourceFigures
from serving.office.office import Office
from serving.office.whatif import Asked, Changes, Question, question_of, what_if
from serving.pages.forms import Filled
from serving.pages.tables import Table, count_words
from serving.settings import Settings
from serving.store import Connection

PERIOD = timedelta(days=28)


async def seen_in(request: Request) -> str:
    """Digest of the form whose outlook was shown, as the button that keeps it sends it; empty before."""
    return str((await request.form()).get("seen", ""))


def form_digest(form: Filled) -> str:
    """Digest of what was typed: only what was shown can be kept."""
    return sha256(json.dumps(dict(form.typed), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a change would have meant; `problem` says why nothing can be said, and is empty elsewhere."""

    figures: Table = field(default_factory=lambda: Table(caption="", head=()))
    source: Table | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""


def outlook(connection: Connection, office: Office, settings: Settings, changes: Changes, name: str) -> Outlook:
    """The last four weeks as they were decided by what is live, and as they would have been with the changes.

    Parameters
    ----------
    name:
        Under which decisions know what is tried, as in ``rule:cover-letters``.
    """
    try:
        now = _asked(connection, office, settings, Changes())
        asked = _asked(connection, office, settings, changes)
    except (ParcelRiskError, ValueError) as error:
        return Outlook(problem=English(error))
    one = next((source for source in asked.compared.sources if source.name == name), None)
    return Outlook(
        figures=_figures(now.compared, asked.compared),
        source=None if one is None else _source(one),
        notes=tuple(English(f"{note[:1].upper()}{note[1:]}.") for note in asked.notes),
    )


def _asked(connection: Connection, office: Office, settings: Settings, changes: Changes) -> Asked:
    at = office.clock()
    bundle = office.champion.bundle
    question = Question(since=at - PERIOD, until=at, model=bundle, policy=office.line.base)
    whole = question_of(connection, lambda: office.secrets.vault, question, changes, at, office.lines)
    return what_if(connection, settings.home, whole)


def _figures(now: Compared, asked: Compared) -> Table:
    both = (now, asked)
    rows = [
        (text("Parcels that came"), *(figure(one.n) for one in both)),
        (text("Selected by lists, rules and score"), *(figure(one.surely.n) for one in both)),
        (text("Findings in these, estimated"), *(count_words(one.surely.estimated) for one in both)),
        (text("Findings in these, in fact"), *(figure(one.surely.n_found) for one in both)),
        (text("Drawn at random, on average"), *(figure(one.drawn, ",.1f") for one in both)),
        (text("Findings missed, estimated"), *(count_words(one.missed) for one in both)),
        (text("Minutes beyond what the line has"), *(figure(one.overrun_minutes, ",.0f") for one in both)),
    ]
    return Table(
        caption=text("The last four weeks, with 90 % intervals"),
        head=(text("Figure"), text("As it is"), text("With the change")),
        rows=rows,
    )


def _source(one: SourceFigures) -> Table:
    rows = [
        (text("Parcels that it hits"), figure(one.n_hits), text("{n:,} with a finding in fact", n=one.n_found)),
        (
            text("Selected by it alone"),
            figure(one.unique.n),
            text("{n} findings estimated", n=count_words(one.unique.estimated)),
        ),
        (
            text("Not selected because of it"),
            figure(one.displaced.n),
            text("{n} findings estimated", n=count_words(one.displaced.estimated)),
        ),
    ]
    return Table(caption=text("What is tried"), head=(text("What"), text("Parcels"), text("Findings")), rows=rows)
