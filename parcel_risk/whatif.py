"""Command `whatif`: what other rules, lists, another model or capacity would have done over a period of the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.arguments import a_day
from parcel_risk.console import out, working
from parcel_risk.stored_models import loaded, serving_model
from serving.settings import Settings

if TYPE_CHECKING:
    from features.bundle import Bundle
    from policy.shifts import Capacity
    from policy.whatif import Compared, Findings, SourceFigures
    from serving.office.whatif import Asked


def whatif(
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rule to try, a TOML file; in place of the live one of its name. Repeatable."),
    ] = None,
    lists: Annotated[
        list[str] | None, typer.Option("--lists", help="Draft of a list to try, by its name. Repeatable.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Rule or list to leave out, by its name. Repeatable.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Bundle that scores. Default: the champion.")] = None,
    capacity: Annotated[
        str | None, typer.Option(help="Share of the parcels of a day, as in 0.005, or a TOML file of shifts.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=a_day, metavar="DAY", help="First day. Default: 90 days before the end."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", parser=a_day, metavar="DAY", help="Day before which it ends. Default: today."),
    ] = None,
    report: Annotated[Path | None, typer.Option("--out", help="Write the whole report to this HTML file.")] = None,
) -> None:
    """Replay a period as known then: selected, found, missed, and what each rule adds, next to what was done.

    All that is live counts, but for what the options change. The first question about a new rule or model waits for a
    replay of the log; what was seen before is kept.
    """
    asked = ask(Settings(), rules or (), lists or (), without or (), model, capacity, since, until)
    for line in summary(asked):
        out.print(line, markup=False, soft_wrap=True)
    _print_sources(asked.compared.sources)
    if report is not None:
        write_report(asked, report)
        out.print(f"wrote {report}", markup=False)


def ask(
    settings: Settings,
    rules: Sequence[Path],
    lists: Sequence[str],
    without: Sequence[str],
    model: str | None,
    capacity: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Asked:
    """Put the question that the options stand for."""
    from parcel_risk.rules import read_rule
    from serving.installation import Installation
    from serving.office.rules import checked
    from serving.office.whatif import Changes, Question, names_for, question_of, what_if

    installation = Installation.open(settings)
    at = installation.clock()
    share, shifts = _capacity(capacity)
    end = until.replace(tzinfo=UTC) if until else at
    question = Question(
        since=since.replace(tzinfo=UTC) if since else end - timedelta(days=90),
        until=end,
        model=_model(settings, model),
        capacity=shifts,
        policy=settings.policy if share is None else replace(settings.policy, capacity_share=share),
    )
    with working("replaying the log"), installation.store() as store, store.begin_read() as connection:
        # The vault is opened where a list is there at all: only lists have anything under seal.
        names = names_for(connection, lambda: installation.secrets.vault, installation.lines, at)
        tried = [checked(read_rule(file), at, names) for file in rules]
        changes = Changes(rules=tried, lists=lists, without=without, tries_model=model is not None)
        whole = question_of(connection, lambda: installation.secrets.vault, question, changes, at, installation.lines)
        return what_if(connection, settings.home, whole)


def _model(settings: Settings, name: str | None) -> Bundle | None:
    from features.model_store import ModelStore

    if name is not None:
        return loaded(settings, ModelStore(settings.models_dir).path(name))
    return serving_model(settings).bundle


def _capacity(text: str | None) -> tuple[float | None, Capacity | None]:
    """Share or shifts that the option gives."""
    from serving.office.capacity_model import read_capacity

    if text is None:
        return None, None
    try:
        share = float(text)
    except ValueError:
        return None, read_capacity(Path(text))
    if not 0.0 < share <= 1.0:
        raise ParcelRiskError(f"--capacity {text}: it is a share above 0 and at most 1, as in 0.005, or a file.")
    return share, None


def summary(asked: Asked) -> Iterator[str]:
    """Sentences of the answer."""
    made, question = asked.compared, asked.question
    yield f"{made.n:,} parcels from {question.since:%Y-%m-%d} to {question.until:%Y-%m-%d}, {made.n_days} days"
    yield f"selected: {made.surely.n:,} by lists, rules and score, and {made.drawn:,.0f} drawn on average"
    yield f"  of these {found_in(made.surely)}"
    yield f"  and about {made.drawn_findings:,.1f} in the draws"
    yield f"missed: about {made.missed.value:,.0f} ({made.missed.low:,.0f} to {made.missed.high:,.0f})"
    yield f"done in fact: {made.was.n:,} selected; {found_in(made.was)}"
    yield f"only now: {made.only_candidate.n:,} ({found_in(made.only_candidate)})"
    yield f"no longer: {made.only_was.n:,} ({found_in(made.only_was)})"
    yield f"a parcel holds something with {made.base_share.value:.3%}; intervals are of 90 %"
    if made.overrun_minutes:
        yield f"lists and rules ask for {made.overrun_minutes:,.0f} minutes beyond what the windows have"
    yield from asked.notes
    for one in made.sources:
        if one.is_superfluous:
            yield f"proposed for retirement: {one.name}, {_why(one, made)}"


def found_in(one: Findings) -> str:
    """Bounds and estimate of findings."""
    estimated = one.estimated
    return (
        f"{one.n_found:,} findings among {one.n_examined:,} that were examined; {one.worst:,} to {one.best:,} are "
        f"possible, {estimated.value:,.0f} estimated ({estimated.low:,.0f} to {estimated.high:,.0f})"
    )


def _why(one: SourceFigures, made: Compared) -> str:
    if not one.unique.n:
        return "it selects nothing that would not be selected without it"
    high = one.unique.share.high
    return f"at most {high:.3%} of what it alone selects holds something, of all parcels {made.base_share.value:.3%}"


def _print_sources(sources: Sequence[SourceFigures]) -> None:
    from rich.table import Table

    if not sources:
        return
    table = Table(*_SOURCES)
    for one in sources:
        table.add_row(*map(str, _row(one)))
    out.print(table)


_SOURCES = ("rule or list", "hits", "found", "unique", "yield of these", "displaced", "yield of these")


def _row(one: SourceFigures) -> tuple[object, ...]:
    return one.name, one.n_hits, one.n_found, one.unique.n, _share(one.unique), one.displaced.n, _share(one.displaced)


def _share(found: Findings) -> str:
    if not found.n:
        return ""
    return f"{found.share.value:.2%} ({found.share.low:.2%} to {found.share.high:.2%})"


def write_report(asked: Asked, path: Path) -> None:
    """Write the whole answer as one HTML file."""
    from tempfile import TemporaryDirectory

    from training.report import html
    from training.report.workload import draw_workload

    made = asked.compared
    heads = ("", "parcels", "selected", "selected in fact", "found in fact", "of these selected")
    with TemporaryDirectory() as folder:
        plot = draw_workload(made.by_hour, made.was_by_hour, Path(folder) / "workload.png")
        picture = html.picture(plot, "Minutes of work by hour of the day, as asked and as done.")
    parts = [
        *map(html.paragraph, summary(asked)),
        html.heading("Rules and lists"),
        html.table(_SOURCES, map(_row, made.sources)),
        html.heading("Work by hour of the day"),
        picture,
        html.table(
            ("hour, UTC", "minutes a day", "minutes a day in fact"),
            [(hour, float(made.by_hour[hour]), float(made.was_by_hour[hour])) for hour in range(24)],
        ),
    ]
    for title, groups in (("By lane", made.by_lane), ("By origin", made.by_origin)):
        rows = [
            (one.name, one.n, one.selected, one.n_was_selected, one.n_found, one.n_found_of_selected) for one in groups
        ]
        parts += [html.heading(title), html.table(heads, rows)]
    path.write_text(html.page("What would have happened", parts), "utf-8")
