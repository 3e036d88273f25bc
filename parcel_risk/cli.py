"""The `parcel-risk` command: registers one module per command.

Heavy packages are imported in the functions that need them, so that --help is quick.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable

import typer

# Modules make objects that stay: whoever searches them for garbage while they are read starts a tenth later.
gc.disable()

from features.parcel.problems import ParcelRiskError  # noqa: E402
from parcel_risk import (  # noqa: E402
    accounts,
    approve,
    audit,
    backtest,
    backup,
    capacity,
    case,
    client,
    clients,
    clock,
    clocks,
    compare,
    demo,
    deployer_pack,
    doctor,
    draws,
    drift,
    entity,
    evaluate,
    evidence,
    exchange,
    exhibit,
    explain,
    funnel,
    hold,
    hunt,
    ingest,
    init,
    intervals,
    lists,
    lodge,
    log,
    methods,
    migrate,
    observe,
    operator_report,
    outcomes,
    overlooked,
    oversight,
    person,
    policy,
    rederive,
    release,
    replay,
    rescored,
    restore,
    retain,
    reveal,
    revoke,
    rewrap,
    rollback,
    rotate,
    rules,
    runs,
    scan,
    score,
    score_stop,
    seal,
    seizure,
    serve,
    shadow,
    sources,
    stage,
    subject,
    synth,
    technical_file,
    train,
    trial,
    trials,
    typologies,
    verify,
    whatif,
    withdraw,
)
from parcel_risk import map as map_command  # noqa: E402
from parcel_risk.console import err  # noqa: E402

gc.freeze()
gc.enable()

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Risk scores for postal and courier parcels: manifests in, an explained and signed advice out.\n\n"
    "Try `parcel-risk demo` first: it shows one parcel's whole journey on synthetic data. Settings are environment "
    "variables that begin with PARCEL_RISK_; docs/settings.md lists them.",
)


def _under(heading: str, *commands: Callable[..., object], **groups: typer.Typer) -> None:
    """Show commands, and groups of commands by their name, under one heading of `--help`."""
    for command in commands:
        app.command(rich_help_panel=heading)(command)
    for name, group in groups.items():
        app.add_typer(group, name=name.replace("_", "-"), rich_help_panel=heading)


_under(
    "The installation",
    demo.demo,
    init.init,
    serve.serve,
    doctor.doctor,
    backup.backup,
    restore.restore,
    rewrap.rewrap,
    migrate.migrate,
)
_under(
    "Persons, programs and their keys", client.client, clients.clients, rotate.rotate, revoke.revoke, person=person.app
)
_under(
    "Parcels in, answers out",
    ingest.ingest,
    lodge.lodge,
    score.score,
    map_command.map,
    explain.explain,
    scan.scan,
    rescored.rescored,
)
_under(
    "Inspections, and what was found",
    outcomes.outcomes,
    stage.stage,
    observe.observe,
    funnel.funnel,
    clocks.clocks,
    clock.clock,
    methods.methods,
    trial.trial,
    reveal.reveal,
    trials.trials,
    exhibit.exhibit,
    seizure=seizure.app,
)
_under(
    "Which parcels are looked at",
    whatif.whatif,
    hunt.hunt,
    rule=rules.app,
    typology=typologies.app,
    list=lists.app,
    capacity=capacity.app,
    draws=draws.app,
    shadow=shadow.app,
    score_stop=score_stop.app,
)
_under(
    "Models",
    train.train,
    runs.runs,
    compare.compare,
    evaluate.evaluate,
    release.release,
    approve.approve,
    rollback.rollback,
    drift.drift,
)
_under(
    "Why, by whom, and what can be proven",
    policy.policy,
    verify.verify,
    oversight.oversight,
    overlooked.overlooked,
    withdraw.withdraw,
    audit=audit.app,
    evidence=evidence.app,
)
app.command(rich_help_panel="Why, by whom, and what can be proven", context_settings={"ignore_unknown_options": True})(
    entity.entity  # a key may be negative
)
_under(
    "Personal data, casework and partners",
    retain.retain,
    hold=hold.app,
    subject=subject.app,
    case=case.app,
    exchange=exchange.app,
)
_under(
    "Figures and papers of the office",
    accounts.accounts,
    operator_report.operator_report,
    technical_file.technical_file,
    deployer_pack.deployer_pack,
)
_under("The event log", log.log, seal.seal, replay.replay, rederive.rederive)
_under("Synthetic worlds", synth.synth, backtest.backtest, sources.sources, intervals.intervals)


@app.callback()
def _nothing_before_a_command() -> None:
    """Keep the command a word of its own where only one is left."""


def _leave_alone(name: str = "") -> None:
    """Leave out all commands but the one that is called: to read the parameters of all takes a sixth of a second."""
    commands = [one for one in app.registered_commands if one.callback and _name_of(one.callback) == name]
    groups = [one for one in app.registered_groups if one.name == name]
    if commands or groups:
        app.registered_commands, app.registered_groups = commands, groups


def _name_of(command: Callable[..., object]) -> str:
    return command.__name__.replace("_", "-")


def main() -> None:
    """Run the command; failures end it with a sentence, not a traceback."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    _leave_alone(*sys.argv[1:2])
    try:
        app()
    except ParcelRiskError as error:
        err.print(f"parcel-risk: {error}", markup=False, soft_wrap=True)
        sys.exit(1)
    except FileExistsError as error:
        err.print(f"parcel-risk: {error.filename} exists and is no folder. Give another one.", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)
    except BrokenPipeError:
        os._exit(1)
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        err.print(
            f"parcel-risk: {what}. Give a file or folder that can be read or written.", markup=False, soft_wrap=True
        )
        sys.exit(1)
