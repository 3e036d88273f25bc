"""The `parcel-risk` command: registers one module per command.

Heavy packages are imported in the functions that need them, so that --help is quick.
"""

from __future__ import annotations

import logging
import os
import sys

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk import (
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
from parcel_risk import map as map_command
from parcel_risk.console import err

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Risk scores for postal and courier parcels: manifests in, an explained and signed advice out.\n\n"
    "Try `parcel-risk demo` first: it shows one parcel's whole journey on synthetic data. Settings are environment "
    "variables that begin with PARCEL_RISK_; docs/settings.md lists them.",
)
app.command()(demo.demo)
app.command()(init.init)
app.command()(migrate.migrate)
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(restore.restore)
app.command()(client.client)
app.command()(clients.clients)
app.command()(rotate.rotate)
app.command()(revoke.revoke)
app.add_typer(person.app, name="person")
app.command()(synth.synth)
app.command()(ingest.ingest)
app.command()(lodge.lodge)
app.command()(score.score)
app.command()(map_command.map)
app.command()(outcomes.outcomes)
app.command()(observe.observe)
app.command()(stage.stage)
app.command()(scan.scan)
app.command()(funnel.funnel)
app.command()(clocks.clocks)
app.command()(clock.clock)
app.command()(exhibit.exhibit)
app.add_typer(seizure.app, name="seizure")
app.add_typer(lists.app, name="list")
app.command()(log.log)
app.command()(seal.seal)
app.add_typer(rules.app, name="rule")
app.add_typer(typologies.app, name="typology")
app.command()(hunt.hunt)
app.command()(replay.replay)
app.command()(rederive.rederive)
app.command()(rescored.rescored)
app.command()(verify.verify)
app.add_typer(audit.app, name="audit")
app.command()(retain.retain)
app.add_typer(hold.app, name="hold")
app.add_typer(subject.app, name="subject")
app.command()(withdraw.withdraw)
app.command()(oversight.oversight)
app.add_typer(score_stop.app, name="score-stop")
app.command()(overlooked.overlooked)
app.command()(operator_report.operator_report)
app.command()(accounts.accounts)
app.command()(technical_file.technical_file)
app.command()(deployer_pack.deployer_pack)
app.add_typer(case.app, name="case")
app.add_typer(evidence.app, name="evidence")
app.add_typer(exchange.app, name="exchange")
app.command()(explain.explain)
app.command(context_settings={"ignore_unknown_options": True})(entity.entity)  # a key may be negative
app.command()(serve.serve)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(methods.methods)
app.command()(trial.trial)
app.command()(trials.trials)
app.command()(reveal.reveal)
app.command()(runs.runs)
app.command()(compare.compare)
app.command()(release.release)
app.command()(approve.approve)
app.command()(rollback.rollback)
app.command()(drift.drift)
app.add_typer(draws.app, name="draws")
app.add_typer(capacity.app, name="capacity")
app.command()(policy.policy)
app.command()(whatif.whatif)
app.add_typer(shadow.app, name="shadow")
app.command()(backtest.backtest)
app.command()(sources.sources)
app.command()(intervals.intervals)


def main() -> None:
    """Run the command; failures end it with a sentence, not a traceback."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
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
