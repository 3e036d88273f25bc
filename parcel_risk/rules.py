"""Commands `rule ...`: rules of the office, from a file to the decision and out of it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.arguments import a_day
from parcel_risk.console import out, working
from parcel_risk.rule_office import acting_person, reading, show_flaws

if TYPE_CHECKING:
    from policy.rules import Rule
    from serving.office.rule_names import RuleNames
    from serving.store import Connection
    from serving.store.rules import StoredRule

app = typer.Typer(no_args_is_help=True, help="Rules: conditions on a parcel and what they ask for.")
FileArg = Annotated[Path, typer.Argument(help="Rule as a TOML file, see docs/decision-rules.md.", show_default=False)]
NameArg = Annotated[str, typer.Argument(help="Name of the rule.", show_default=False)]
AsOpt = Annotated[str, typer.Option("--as", help="Your name; it is recorded.", show_default=False)]
FromOpt = Annotated[
    datetime | None,
    typer.Option("--from", parser=a_day, metavar="DAY", help="First day. Default: 90 days before the end."),
]
ToOpt = Annotated[
    datetime | None, typer.Option("--to", parser=a_day, metavar="DAY", help="Day before which it ends. Default: now.")
]
Done = TypeVar("Done")


@app.command()
def check(file: FileArg) -> None:
    """Check a rule, and compare it with those that are live; nothing is kept."""
    from serving.office.rules import checked, flaws

    with reading() as (connection, names, at):
        one = checked(read_rule(file), at, names)
        found = flaws(connection, one, at, names)
    out.print(f"{one.rule.name} can be used; its condition is {one.identity}", markup=False)
    show_flaws(found)


@app.command()
def add(file: FileArg, person: AsOpt) -> None:
    """Keep a rule, or a new version of it, as a draft."""
    from serving.office.rules import WRITERS, draft

    rule = read_rule(file)
    stored, found = acting_person(person, WRITERS, lambda store, who, at, names: draft(store, rule, who, at, names))
    out.print(f"{stored.title} is a draft; a second person approves it", markup=False)
    show_flaws(found)


@app.command()
def approve(name: NameArg, person: AsOpt) -> None:
    """Approve the newest draft of a rule that somebody else wrote."""
    from serving.office.rules import APPROVERS
    from serving.office.rules import approve as approved

    stored = acting_person(person, APPROVERS, lambda store, who, at, names: approved(store, name, who, at, names))
    out.print(f"{stored.title} is approved; `parcel-risk rule live {name}` puts it live", markup=False)


@app.command()
def live(name: NameArg, person: AsOpt) -> None:
    """Put the approved version of a rule live; a running service follows without a restart."""
    from serving.office.rules import WRITERS, go_live

    stored, found = acting_person(person, WRITERS, lambda store, who, at, names: go_live(store, name, who, at, names))
    where = f" on {', '.join(stored.rule.lines)}" if stored.rule.lines else ""
    out.print(f"{stored.title} is live{where} until {stored.rule.expires_on}", markup=False)
    show_flaws(found)


@app.command()
def retire(name: NameArg, person: AsOpt) -> None:
    """Retire a rule; it stays on record."""
    from serving.office.rules import WRITERS
    from serving.office.rules import retire as retired

    gone = acting_person(person, WRITERS, lambda store, who, at, _: retired(store, name, who, at))
    out.print(f"retired: {', '.join(one.title for one in gone)}", markup=False)


@app.command("list")
def list_rules() -> None:
    """List all rules, and what is wrong with those that are live."""
    from rich.table import Table

    from serving.office.rules import set_flaws
    from serving.store.rules import all_rules

    with reading() as (connection, names, at):
        known, found = all_rules(connection), set_flaws(connection, at, names)
    table = Table("rule", "version", "state", "effect", "lines", "owner", "until", "written by", "approved by")
    for one in known:
        people = one.made_by, one.approved_by or ""
        rule = one.rule
        what = rule.effect, ", ".join(rule.lines) or "all"
        table.add_row(rule.name, str(one.version), one.state, *what, rule.owner, str(rule.expires_on), *people)
    out.print(table)
    show_flaws(found)


@app.command()
def show(name: NameArg) -> None:
    """Show every version of a rule: its condition, as SQL of DuckDB as well, and who did what."""
    with reading() as (connection, names, _):
        for one in _versions(connection, name):
            _print(one, names)


@app.command("test")
def hits_in_past(file: FileArg, since: FromOpt = None, until: ToOpt = None) -> None:
    """Show what a rule would have hit in the stored log, at what was known then."""
    from serving.office.rule_testing import past_hits
    from serving.office.rules import checked

    with working("replaying the log"), reading() as (connection, names, at):
        end = until.replace(tzinfo=UTC) if until else at
        begin = since.replace(tzinfo=UTC) if since else end - timedelta(days=90)
        found = past_hits(connection, checked(read_rule(file), at, names), begin, end, names)
    tally = found.tally
    out.print(f"{tally.n:,} parcels from {begin:%Y-%m-%d} to {end:%Y-%m-%d}")
    out.print(f"{tally.n_hits:,} hits ({tally.hit_share:.3%}), of which {found.n_inspected:,} were examined")
    out.print(f"something was found in {found.n_found:,} of those examined")
    out.print(f"the rule cannot be evaluated for {tally.null_share:.1%} of parcels")
    if found.n_erased:
        out.print(f"the descriptions of {found.n_erased:,} parcels have been erased: no rule can read them")
    if found.seqs:
        out.print(f"first hits, by sequence number: {', '.join(map(str, found.seqs))}", markup=False, soft_wrap=True)
    show_flaws(tally.flaws())


def read_rule(file: Path) -> Rule:
    """Read the file of a rule."""
    from policy.rules import Rule
    from policy.rules.rule import MOST_FILE_BYTES

    with file.open("rb") as opened:
        content = opened.read(MOST_FILE_BYTES + 1)
    try:
        return Rule.from_toml(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ParcelRiskError(f"{file.name}: byte {error.start + 1} is no UTF-8. Save the file as UTF-8.") from None


def _versions(connection: Connection, name: str) -> list[StoredRule]:
    from serving.store.rules import all_rules

    known = all_rules(connection, name)
    if not known:
        raise ParcelRiskError(f"there is no rule {name}. `parcel-risk rule list` lists them.")
    return known


def _print(one: StoredRule, names: RuleNames) -> None:
    from policy.rules import Engine, RuleError, printed, read, text
    from serving.store.times import time_of

    rule = one.rule
    out.print(f"{one.title}: {one.state}, {rule.effect}, until {rule.expires_on}", markup=False)
    if rule.lines:
        out.print(f"  on the lines {', '.join(rule.lines)}", markup=False)
    out.print(f"  owner {rule.owner}; legal basis {rule.legal_basis}", markup=False)
    try:
        tree = read(rule.when, lists=names.lists)
        out.print(f"  {text(tree)}", markup=False, soft_wrap=True)
        out.print(f"  DuckDB: {printed(tree, Engine.DUCKDB, names.lists)}", markup=False, soft_wrap=True)
    except RuleError as error:
        out.print(f"  {rule.when}\n  it can no longer be read: {error}", markup=False, soft_wrap=True)
    steps = {"written": (one.made_at, one.made_by), "approved": (one.approved_at, one.approved_by)}
    steps |= {"live": (one.live_at, one.live_by), "retired": (one.retired_at, one.retired_by)}
    for step, (at, by) in steps.items():
        if at is not None:
            out.print(f"  {step} by {by}, {time_of(at):%Y-%m-%d %H:%M} UTC", markup=False)
    if lost := one.reads.lost():
        out.print(f"  reads what has changed: {', '.join(lost.values())}", markup=False)
