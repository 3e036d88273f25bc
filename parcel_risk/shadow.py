"""Commands `shadow ...`: a challenger that decides behind the champion, and never touches a referral."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import out
from parcel_risk.stored_models import loaded
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.shadow_report import ShadowReport

app = typer.Typer(no_args_is_help=True, help="A challenger on live parcels, which never touches a referral.")
_As = Annotated[
    str, typer.Option("--as", help="Your name; it is recorded. An analyst, scientist or supervisor with a key.")
]


@app.command()
def start(
    person: _As,
    model: Annotated[str | None, typer.Option(help="Bundle that challenges. Default: whichever decides.")] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rule to try, a TOML file; in place of the live one of its name. Repeatable."),
    ] = None,
) -> None:
    """Start a challenger; a running service lets it decide within a minute of each parcel."""
    from features.model_store import ModelStore
    from parcel_risk.rules import read_rule
    from serving.installation import Installation
    from serving.office import shadowing
    from serving.office.persons import acting
    from serving.office.rules import checked
    from serving.office.whatif import names_for, rules_with
    from serving.store.times import microseconds

    settings = Settings()
    here = Installation.open(settings)
    at = here.clock()
    challenger = None if model is None else loaded(settings, ModelStore(settings.models_dir).path(model))
    with here.store() as store, store.begin() as connection:
        names = names_for(connection, lambda: here.secrets.vault, here.lines, at)
        tried = [checked(read_rule(file), at, names) for file in rules or ()]
        who = acting(connection, person, *shadowing.STARTERS, at_us=microseconds(at))
        whole = [one.rule for one in rules_with(connection, tried, at, names).values()] if tried else None
        made = shadowing.start(connection, challenger, whole, who, at)
    out.print(f"shadow {made.shadow_id} decides on whatever comes from now on", markup=False)


@app.command()
def stop(person: _As) -> None:
    """Stop the challenger; what it has decided stays."""
    from serving.installation import opened_store
    from serving.office import shadowing
    from serving.office.persons import acting
    from serving.office.writer import now
    from serving.store.times import microseconds

    at = now()
    with opened_store(Settings()) as store, store.begin() as connection:
        who = acting(connection, person, *shadowing.STARTERS, at_us=microseconds(at))
        stopped = shadowing.stop(connection, who, at)
    out.print(f"shadow {stopped.shadow_id} has stopped", markup=False)


@app.command()
def report() -> None:
    """Compare what the challenger selects with what was selected."""
    from serving.installation import opened_store
    from serving.office import shadow_report

    with opened_store(Settings()) as store, store.begin_read() as connection:
        found = shadow_report.report(connection)
    for line in _lines(found):
        out.print(line, markup=False, soft_wrap=True)


def _lines(found: ShadowReport) -> Iterator[str]:
    from parcel_risk.whatif import found_in
    from serving.store.times import time_of

    one = found.shadow
    rules = "" if one.rules is None else f", {len(one.rules)} rules"
    yield f"shadow {one.shadow_id} since {time_of(one.started_at):%Y-%m-%d %H:%M} UTC by {one.started_by}"
    yield f"  {one.bundle_id or 'the bundle that decides'}{rules}{'' if one.stopped_at is None else ', stopped'}"
    yield f"{found.n:,} parcels"
    for what in ("champion", "challenger", "both", "only_champion", "only_challenger"):
        figures = getattr(found, what)
        yield f"{what.replace('_', ' ')}: {figures.n:,} selected; {found_in(figures)}"
    for (champion, challenger), n in sorted(found.causes.items()):
        yield f"  cause {champion}, in the shadow {challenger}: {n:,}"
