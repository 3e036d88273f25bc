"""The demonstration: one parcel's whole journey, from a synthetic manifest to an outcome that training will see."""

from __future__ import annotations

import json
import shlex
import signal
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from parcel_risk.demo_weeks import SIMULATED, simulate, split, weeks_of
from parcel_risk.mlflow_ui import mlflow_ui
from parcel_risk.ports import check_port
from parcel_risk.serve import background_service
from serving.settings import Settings

OPERATOR, OFFICER, SUPERVISOR = "demo-operator", "demo-officer", "demo-supervisor"
PERSONS = {
    OFFICER: "officer",
    SUPERVISOR: "supervisor",
    "demo-deputy": "supervisor",
    "demo-analyst": "analyst",
    "demo-auditor": "auditor",
}
"""Persons of the demonstration with their roles, so that every quick start has a name to give, and a second person."""
SCENARIO = "demo"
CAPACITY_SHARE = 0.05
_DAYS = 180
EXAMPLE: dict[str, Any] = {
    "parcel_id": "EE473124829TH",
    "stream": "ems",
    "category": "gift",
    "sender_name": "Jun Exampleson",
    "sender_street": "Harbour Street",
    "sender_postcode": "10110",
    "sender_city": "Bangkok",
    "sender_country": "TH",
    "dispatch_country": "TH",
    "origin_office": "THBKKX",
    "destination_office": "DEFRAX",
    "recipient_name": "Lea Meyer",
    "recipient_street": "Packstation 101",
    "recipient_postcode": "10115",
    "recipient_city": "Berlin",
    "recipient_country": "DE",
    "gross_weight_g": 1900,
    "postage_cents": 3100,
    "pieces": [{"description": "jeans trousers for men", "quantity": 3, "value_cents": 425, "currency": "EUR"}],
}
"""A parcel that looks like some in which the synthetic world hides contraband."""


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Check the running service, print what was seen, and exit.")
    ] = False,
    parcels: Annotated[int, typer.Option(min=15_000, help="Parcels in the synthetic world.")] = 60_000,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic world.")] = 1,
) -> None:
    """Show one parcel's whole journey on synthetic data, then serve until Ctrl-C."""
    run_demo(Settings(), once=once, n_parcels=parcels, seed=seed)


def run_demo(settings: Settings, *, once: bool, n_parcels: int, seed: int) -> None:
    """Prepare what is missing, start the service, show where to look; with `once`, check it and end."""
    from parcel_risk.client import new_client

    if not once:
        check_port(settings.host, settings.port, "PARCEL_RISK_PORT")
    # The line of the demonstration opens more than a real one, so that something is seen to be selected.
    served = settings.model_copy(update={"capacity_share": max(settings.capacity_share, CAPACITY_SHARE)})
    prepare(served, n_parcels=n_parcels, seed=seed)
    keys = {
        OPERATOR: new_client(settings, OPERATOR, operator="demo-post", scores=True, alone=True),
        **{name: new_client(settings, name, role=role, alone=True) for name, role in PERSONS.items()},
    }
    if once:
        served = served.model_copy(update={"port": 0})
    with background_service(served) as address:
        if once:
            check(address, keys)
            return
        signal.signal(signal.SIGTERM, _interrupted)
        signal.signal(signal.SIGINT, _interrupted)
        with suppress(KeyboardInterrupt), mlflow_ui(settings) as ui:
            _show(address, ui.runs, keys, (settings.home / "example.json").resolve())
            ui.report_end()
            while True:
                signal.pause()
        out.print("\nstopped")


def prepare(settings: Settings, *, n_parcels: int, seed: int) -> None:
    """Make keys, synthetic log, model, release and the weeks that it served, each only where it is missing."""
    from features.model_store import ModelStore
    from parcel_risk.approve import approve_bundle
    from parcel_risk.ingest import ingest_file
    from parcel_risk.release import release_bundle
    from parcel_risk.train import train_bundle
    from parcel_risk.worlds import make_world, write_world
    from serving.keys import make_keys
    from serving.store import Store
    from serving.store import log as event_log
    from training.fit.run import Plan

    settings.home.mkdir(parents=True, exist_ok=True)
    make_keys(settings, approver="demonstration approver")
    with Store(settings.database) as store, store.begin_read() as connection:
        empty = event_log.last_seq(connection) == 0
    folder, today = settings.home / "synthetic", datetime.now(UTC).date()
    if empty:
        # The world ends today, so that the parcels you send meet a history that is still fresh.
        world = make_world(SCENARIO, n_parcels=n_parcels, n_days=_DAYS, seed=seed, end_on=today - timedelta(days=1))
        known, weeks = split(world, datetime.combine(today - SIMULATED, time(), UTC))
        write_world(known, folder, ("csv", "outcomes", "truth"))
        weeks.write_parquet(weeks_of(folder))
        findings = known.outcomes.filter(pl.col("result") == "found").sort("known_at").select("parcel_id", "operator")
        _write_example(settings, known.parcels, findings)
        ingest_file(settings, folder / "parcels.csv", None, folder / "outcomes.csv", None)
    if ModelStore(settings.models_dir).champion() is None:
        bundle = train_bundle(settings, Plan(name="", seed=seed, trained_by="demonstration data scientist"))
        release_bundle(settings, bundle.name)
        approve_bundle(settings, bundle.name, approver="demonstration approver", key=None, override="")
    if weeks_of(folder).is_file():
        _live_through(settings, weeks_of(folder))


def _live_through(settings: Settings, path: Path) -> None:
    """Let the model serve the weeks of a file, and take the example from what it found in them."""
    weeks = pl.read_parquet(path)
    with working(f"living through {SIMULATED.days} days with the model") as progress:
        task = progress.task_ids[0]
        progress.update(task, total=weeks.height)
        found = simulate(settings, weeks, OFFICER, lambda n: progress.advance(task, n))
    findings = pl.DataFrame(found, schema={"operator": pl.String, "parcel_id": pl.String}, orient="row")
    _write_example(settings, weeks, findings)
    path.unlink()


def _write_example(settings: Settings, parcels: pl.DataFrame, findings: pl.DataFrame) -> None:
    example = example_of(parcels, findings)
    if example is not None:
        text = json.dumps(example, indent=1, ensure_ascii=False)
        (settings.home / "example.json").write_text(text + "\n", "utf-8")


def example_of(parcels: pl.DataFrame, findings: pl.DataFrame) -> dict[str, Any] | None:
    """Build the example: the sender of the latest finding posts the same thing again, under another number.

    A sender without an account, for an account belongs to its operator and the example is lodged by another one; None
    where there was none.
    """
    from parcel_risk.worlds import given

    named = parcels.filter(pl.col("sender_account").is_null())
    row = next(
        iter(named.join(findings, on=["parcel_id", "operator"], maintain_order="right").tail(1).to_dicts()), None
    )
    if row is None:
        return None
    own = {name: value for name, value in EXAMPLE.items() if name == "parcel_id" or name.startswith("recipient_")}
    sent = (
        "stream",
        "category",
        "dispatch_country",
        "origin_office",
        "destination_office",
        "gross_weight_g",
        "postage_cents",
        "postage_currency",
        "pieces",
    )
    copied = {name: value for name, value in row.items() if name.startswith("sender_") or name in sent}
    return {**given(copied), **own}


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _show(address: str, ui_address: str, keys: dict[str, str], example: Path) -> None:
    out.rule("parcel-risk is running on synthetic data")
    out.print(f"station    {address}/station", soft_wrap=True)
    out.print(f"           officer's key     {keys[OFFICER]}", soft_wrap=True)
    out.print(f"           supervisor's key  {keys[SUPERVISOR]}", soft_wrap=True)
    out.print(f"API docs   {address}/docs")
    out.print(f"MLflow UI  {ui_address}")
    out.print("\nLodge a parcel as an operator would, and read score and reasons:\n")
    out.print(
        f"curl -s '{address}/v1/parcels?explain=true' -H 'Authorization: Bearer {keys[OPERATOR]}' "
        f"-H 'Content-Type: application/json' -d {shlex.quote(f'@{example}')}",
        soft_wrap=True,
        markup=False,
    )
    out.print(f"\nThen scan {EXAMPLE['parcel_id']} at the station. Ctrl-C ends it.")
    out.print(f"Names for commands that ask who you are (--as NAME): {', '.join(PERSONS)}.", soft_wrap=True)


def check(address: str, keys: dict[str, str]) -> None:
    """Lodge a parcel, read it back, record an outcome and open the pages of the running service; print what was seen.

    Raises
    ------
    ParcelRiskError
        When an answer is not what it must be.
    """
    ready = _call(address, "/readyz")
    _expect(ready["degraded"] is None and ready["events"] > 0, "the service answers with a model and a history", ready)
    parcel = {**EXAMPLE, "parcel_id": f"DEMO-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"}
    scored = _call(address, "/v1/parcels?explain=true", keys[OPERATOR], parcel)
    seen = {name: scored[name] for name in ("referral", "probability", "flow_share", "bundle")}
    _expect(scored["status"] == "scored" and scored["reasons"], "a parcel is scored, with reasons", seen)
    for reason in scored["reasons"]:
        out.print(f"    {reason['text']}", markup=False)
    again = _call(address, "/v1/parcels?explain=true", keys[OPERATOR], parcel)
    same = {**again, "status": "scored"} == scored
    _expect(again["status"] == "repeated" and same, "the same parcel again gets the same answer", again["status"])
    outcome = {"outcomes": [{"parcel_id": parcel["parcel_id"], "result": "nothing_found", "method": "opened"}]}
    recorded = _call(address, "/v1/outcomes", keys[OFFICER], outcome)
    _expect(recorded["n_recorded"] == 1, "its outcome is recorded", recorded["results"][0]["result"])
    for page in ("/station/login", "/docs", "/openapi.json"):
        with urllib.request.urlopen(address + page, timeout=30) as response:
            _expect(response.status == 200, f"{page} loads", response.headers["content-type"])


def _call(address: str, path: str, key: str | None = None, body: Any = None) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def _expect(good: object, what: str, seen: object) -> None:
    if not good:
        raise ParcelRiskError(f"the running service does not hold this: {what} (seen: {seen})")
    out.print(f"seen: {what}: {seen}", markup=False, soft_wrap=True)
