"""Files for operations: they can be read, and name nothing that the service does not have."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.cli import app as commands
from serving.api.metrics import standby_exposition
from serving.app import create_app
from serving.office.standby import Stand
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.api.test_parcels import EXAMPLE
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

FOLDER = Path(__file__).parents[2] / "deploy"
METRIC = re.compile(r"parcel_risk_[a-z_]+")


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def dashboard() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "grafana" / "parcel-risk.json").read_text("utf-8")))


def expressions() -> list[str]:
    """Of the alert rules and the dashboard."""
    rules = [rule["expr"] for group in read("alerts.yaml")["groups"] for rule in group["rules"]]
    return rules + [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, str]]:
    """The application, and its metrics once there is an event."""
    settings = bare_settings(tmp_path_factory.mktemp("deploy"))
    made = create_app(settings, Clock())
    with TestClient(made) as http:
        post = bearer(client_key(settings, "post", "post-a"))
        assert http.post("/v1/parcels", json=EXAMPLE, headers=post).status_code == 200
        yield made, http.get("/metrics").text


def test_every_metric_that_is_named_exists(app: tuple[FastAPI, str]) -> None:
    text = app[1] + standby_exposition(Stand())
    known = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    named = {name for expression in expressions() for name in METRIC.findall(expression)}
    assert len(named) > 15
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in named} <= known


def test_every_route_and_label_that_is_named_exists(app: tuple[FastAPI, str]) -> None:
    paths = set(app[0].openapi()["paths"])
    text = app[1]
    for expression in expressions():
        assert set(re.findall(r'route="([^"]+)"', expression)) <= {
            path.replace("{parcel_id}", "{parcel_id:path}") for path in paths
        }
        for label in re.findall(r"by \(([^)]*)\)", expression):
            assert all(f"{name.strip()}=" in text for name in label.split(","))


def test_each_alert_says_what_to_do() -> None:
    rules = [rule for group in read("alerts.yaml")["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "remedy"}


def test_panels_do_not_overlap_and_ask_the_provisioned_source() -> None:
    covered: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & covered
        assert max(x for x, _ in cells) < 24
        covered |= cells
        assert panel["datasource"]["uid"] == read("grafana/datasource.yaml")["datasources"][0]["uid"]


def settings_named(text: str) -> set[str]:
    return {name.lower() for name in re.findall(r"PARCEL_RISK_([A-Z_]+)=?", text)} - {"kernel_dir"}


def test_the_compose_file_runs_commands_and_settings_that_exist() -> None:
    compose = read("compose.yaml")
    assert {"first", "second", "postgres", "mlflow", "prometheus", "grafana"} < set(compose["services"])
    known = {command.callback.__name__ for command in commands.registered_commands if command.callback}
    for service in compose["services"].values():
        words = service.get("command", [])
        named = re.findall(r"parcel-risk,? (\w+)", ", ".join(words).replace(", ", " "))
        assert set(named) <= known
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")
    assert settings_named((FOLDER / "compose.yaml").read_text("utf-8")) <= set(Settings.model_fields)
    targets = read("prometheus.yaml")["scrape_configs"][0]["static_configs"][0]["targets"]
    assert {target.split(":")[0] for target in targets} <= set(compose["services"])


def test_the_unit_runs_the_service_without_rights_that_it_does_not_need() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    text = (FOLDER / "parcel-risk.service").read_text("utf-8")
    unit.read_string(text)
    service = dict(unit["Service"])
    assert service["ExecStart"].endswith("parcel-risk serve")
    assert (service["CapabilityBoundingSet"], service["NoNewPrivileges"], service["User"]) == ("", "yes", "parcel-risk")
    assert (service["ProtectSystem"], service["StateDirectory"]) == ("strict", "parcel-risk")
    assert int(service["TimeoutStopSec"]) > 30
    assert settings_named(text) - {"home"} <= set(Settings.model_fields)
