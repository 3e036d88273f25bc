"""The auditor's walk in docs/auditor.md, executed as it is written: every command, and what it is said to show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from parcel_risk.cli import app
from parcel_risk.console import out
from serving.api.examples import EXAMPLES, PARCEL
from serving.app import create_app
from serving.settings import Settings, environment_of
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "auditor.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
MARCH = datetime(2026, 3, 10, 9, tzinfo=UTC)
ENTRY = "field,name,street,city,country\nsender,Jun Exampleson,Harbour Street,Springfield,US\n"


def steps() -> Iterator[tuple[str, list[str]]]:
    """Commands of the document in their order, each with what it is said to show."""
    for block in BLOCKS:
        command, shown = "", list[str]()
        for line in block.splitlines():
            if line.startswith("#: "):
                shown.append(line[3:])
                continue
            if command:
                yield command, shown
            command, shown = line, []
        yield command, shown


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation in which a parcel was opened in March because its sender was on a list."""
    settings = bare_settings(tmp_path_factory.mktemp("auditor"))
    people = {"ana": Role.ANALYST, "sue": Role.SUPERVISOR, "olaf": Role.OFFICER, "audra": Role.AUDITOR}
    keys = {name: bearer(client_key(settings, name, None, role)) for name, role in people.items()}
    keys["post"] = bearer(client_key(settings, "post", "post-a"))
    number = "RB473124829US"
    terms = {**EXAMPLES["post", "/v1/lists"]["terms"], "fields": ["sender"]}
    times = dict.fromkeys(("lodged_at", "posted_at"), "2026-03-10T08:00:00Z")
    with TestClient(create_app(settings, Clock(at=MARCH))) as api:

        def done(path: str, who: str, body: object = None) -> None:
            answer = api.post(f"/v1/{path}", json=body, headers=keys[who])
            assert answer.status_code in (200, 201), answer.text

        done("lists", "ana", {"terms": terms, "csv": ENTRY})
        done("lists/seized-senders/approved", "sue")
        done("parcels", "post", {**PARCEL, "parcel_id": number, **times})
        assert api.get(f"/v1/parcels/{number}", headers=keys["olaf"]).status_code == 200
        found = {"parcel_id": number, "result": "found", "finding_class": "synthetic", "method": "opened"}
        done("outcomes", "olaf", {"outcomes": [found]})
    return settings


def test_the_walk_shows_what_it_says(office: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(out, "width", 200)
    given = list(steps())
    assert len(given) > 10
    env = {**environment_of(office), "COLUMNS": "200"}
    missing: list[str] = []
    for command, shown in given:
        program, *words = shlex.split(command)
        assert program == "parcel-risk"
        done = CliRunner().invoke(app, words, env=env)
        said = " ".join(done.output.split())
        if done.exit_code or not all(one in said for one in shown):
            missing.append(f"{command}: {done.output} {done.exception!r}")
    assert not missing, "\n".join(missing)
