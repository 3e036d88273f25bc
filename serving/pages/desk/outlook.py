"""What would have happened in the last four weeks: shown at the desk before a list, a rule or a typology is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from fastapi import Request

from features.parcel.problems import ParcelRiskError
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
        return Outlook(problem=str(error))
    one = next((source for source in asked.compared.sources if source.name == name), None)
    return Outlook(
        figures=_figures(now.compared, asked.compared),
        source=None if one is None else _source(one),
        notes=tuple(f"{note[:1].upper()}{note[1:]}." for note in asked.notes),
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
        ("Parcels that came", *(f"{one.n:,}" for one in both)),
        ("Selected by lists, rules and score", *(f"{one.surely.n:,}" for one in both)),
        ("Findings in these, estimated", *(count_words(one.surely.estimated) for one in both)),
        ("Findings in these, in fact", *(f"{one.surely.n_found:,}" for one in both)),
        ("Drawn at random, on average", *(f"{one.drawn:,.1f}" for one in both)),
        ("Findings missed, estimated", *(count_words(one.missed) for one in both)),
        ("Minutes beyond what the line has", *(f"{one.overrun_minutes:,.0f}" for one in both)),
    ]
    return Table(
        caption="The last four weeks, with 90 % intervals", head=("Figure", "As it is", "With the change"), rows=rows
    )


def _source(one: SourceFigures) -> Table:
    rows = [
        ("Parcels that it hits", f"{one.n_hits:,}", f"{one.n_found:,} with a finding in fact"),
        ("Selected by it alone", f"{one.unique.n:,}", f"{count_words(one.unique.estimated)} findings estimated"),
        (
            "Not selected because of it",
            f"{one.displaced.n:,}",
            f"{count_words(one.displaced.estimated)} findings estimated",
        ),
    ]
    return Table(caption="What is tried", head=("What", "Parcels", "Findings"), rows=rows)
