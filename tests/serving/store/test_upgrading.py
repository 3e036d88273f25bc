"""A store that the program of commit 14fe8fe wrote opens after `parcel-risk migrate`, and says the same.

``data/store-schema-2.db.gz`` was written by that program: four parcels and a file of two with a row that cannot be
used, an amendment, a late version, a cancellation, an outcome. ``store-schema-2.json`` is what its own look-up said,
with the throw-away secrets.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from features.parcel.problems import StoreError
from parcel_risk.migrate import migrate_store
from serving.app import create_app
from serving.intake.spool import SealedReader, SealedWriter
from serving.office.lookup import look_up
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store import log as event_log
from serving.store.migrations import newest
from serving.store.rows import digests_of
from serving.store.scores import all_scores, digests_between
from serving.store.vault import Vault
from serving.store.versions import versions_of
from tests.conftest import Clock
from tests.serving.conftest import bearer
from tests.serving.store.installations import TOLD, of_schema_2

OFFICER = Client(client_id="officer-7", role=Role.OFFICER, operator=None)


@pytest.fixture
def before(tmp_path: Path, models: Path) -> Settings:
    """An installation as the earlier program left it; the model that gave the answers is not there any more."""
    return of_schema_2(tmp_path)


def test_the_store_is_refused_until_it_is_migrated(before: Settings) -> None:
    with pytest.raises(StoreError, match="parcel-risk migrate"):
        Store(before.database)


def facts_of(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer whose reasons are facts alone: their sentences are made anew when they are read."""
    names = ("family", "feature", "value", "weight")
    answer = {
        "doubts": [],
        "limit": "none",
        "against": [],
        "pending_until": None,
        "disclosed": None,
        **{name: value for name, value in answer.items() if name not in ("policy", "catalogue")},  # not said then
    }  # there were none then
    reasons, against = answer["reasons"], answer.pop("against")  # these were among the reasons
    facts = None if reasons is None else [{name: reason[name] for name in names} for reason in (*reasons, *against)]
    return {**answer, "reasons": facts and sorted(facts, key=lambda fact: -abs(fact["weight"]))}


def test_a_migrated_store_says_what_it_said_before(before: Settings, clock: Clock) -> None:
    migrate_store(before)
    app = create_app(before, clock)
    with TestClient(app) as api:
        for parcel_id, told in TOLD["found"].items():
            found = look_up(app.state.office, parcel_id, OFFICER, with_label=True).parcels
            assert [
                {"answer": facts_of(one.answer.model_dump(mode="json")), "result": one.result, "label": one.label}
                for one in found
            ] == [one | {"answer": facts_of(one["answer"])} for one in told]
        waiting = api.get("/v1/quarantine", headers=bearer(TOLD["keys"]["post"]))
        assert waiting.json() == TOLD["quarantine"]
        office = app.state.office
        with office.store.begin_read() as connection:
            kept = [row for seq in range(1, 20) for row in versions_of(connection, office.secrets.vault, seq)]
        assert kept == TOLD["versions"]


def test_events_and_feature_rows_are_the_same_after_the_upgrade(before: Settings) -> None:
    file = sqlite3.connect(before.home / "parcel-risk.db")
    facts = dict(file.execute("SELECT seq, facts FROM events").fetchall())
    order = file.execute("SELECT seq, subject_seq, operator, parcel_id, kind FROM events ORDER BY seq").fetchall()
    given = dict(file.execute("SELECT seq, features FROM scores").fetchall())
    file.close()
    migrate_store(before)
    with Store(before.database) as store, store.begin_read() as connection:
        log, scores = event_log.read(connection), all_scores(connection)
        digests = digests_between(connection, 1, log.height)
    names = ("seq", "subject_seq", "operator", "parcel_id", "kind")
    assert log.select(names).rows() == order
    for event in log.to_dicts():
        written = {name: value for name, value in event.items() if name not in (*names, "known_at")}
        assert _as_json(written) == _as_json(json.loads(facts[event["seq"]]) | {"v": None})
    assert {seq: one.features.tobytes() for seq, one in scores.items() if one.features is not None} == given
    for seq, one in scores.items():
        assert one.features is not None
        assert digests[seq] == (digests_of([one.features], None)[0], one.fingerprint, 1)


def _as_json(value: Any) -> Any:
    """A value with times in one writing and without nulls."""
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    text = value.isoformat() if isinstance(value, datetime) else value
    return text.replace("+00:00", "Z") if isinstance(text, str) else text


def test_a_parcel_of_before_is_recognised_when_it_is_sent_again(before: Settings, clock: Clock) -> None:
    migrate_store(before)
    digest, personal = (before.keys / "digest.key").read_bytes(), (before.keys / "personal.key").read_bytes()
    assert digest == personal
    assert len({(before.keys / f"{name}.key").read_bytes() for name in ("vault", "spool", "digest")}) == 3


def test_personal_key_is_not_needed_any_more(before: Settings, clock: Clock) -> None:
    migrate_store(before)
    (before.keys / "personal.key").unlink()
    app = create_app(before, clock)
    with TestClient(app):
        (found,) = look_up(app.state.office, "P-7", OFFICER, with_label=True).parcels
        assert found.label == TOLD["found"]["P-7"][0]["label"]


def test_a_copy_of_the_store_as_it_was_is_kept(before: Settings) -> None:
    was = rows(before.home / "parcel-risk.db")
    migrate_store(before)
    (copy,) = before.home.glob("parcel-risk.db.before-*")
    assert rows(copy) == was
    assert rows(before.home / "parcel-risk.db") != was


def rows(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    text = list(connection.iterdump())
    connection.close()
    return text


def test_a_second_migration_does_nothing(before: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    migrate_store(before)
    was = rows(before.home / "parcel-risk.db")
    migrate_store(before)
    assert "nothing to upgrade" in capsys.readouterr().out
    assert rows(before.home / "parcel-risk.db") == was
    assert len(list(before.home.glob("parcel-risk.db.before-*"))) == 1


def test_another_personal_key_is_refused_and_changes_nothing(before: Settings) -> None:
    (before.keys / "personal.key").write_bytes(b"x" * 32)
    was = rows(before.home / "parcel-risk.db")
    with pytest.raises(StoreError, match=r"personal\.key does not open"):
        migrate_store(before)
    assert rows(before.home / "parcel-risk.db") == was


def test_a_running_service_is_not_migrated_under(before: Settings) -> None:
    from serving.store.writer import only_writer

    with only_writer(before.home / "parcel-risk.db"), pytest.raises(StoreError, match="running service"):
        migrate_store(before)


def test_waiting_files_are_sealed_again(before: Settings) -> None:
    path = before.home / "intake" / "0123456789abcdef.gzip"
    earlier = bytes.fromhex(TOLD["secrets"]["personal"])
    for _ in range(2):  # the second time as after a kill between a file and the next
        writer = SealedWriter(path, earlier)
        writer.write(b"parcel_id\nP-1\n" * 200_000)
        writer.close()
        migrate_store(before)
    migrate_store(before)
    vault = Vault.open(before.home / "vault", wrapping_key=before.secret("vault"), spool_key=before.secret("spool"))
    with vault, SealedReader(path, vault.file_key(path.name)) as reader:
        assert reader.read() == b"parcel_id\nP-1\n" * 200_000
    assert [one.name for one in path.parent.iterdir()] == [path.name]


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from parcel_risk.migrate import migrate_store
from serving.settings import Settings
left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    left -= statement.startswith("UPDATE personal")
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

migrate_store(Settings(home=Path(sys.argv[1])))
"""


def test_a_migration_killed_while_it_seals_leaves_the_store_as_it_was(before: Settings) -> None:
    was = rows(before.home / "parcel-risk.db")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(before.home), "3"], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert rows(before.home / "parcel-risk.db") == was
    migrate_store(before)
    with Store(before.database) as store, store.begin_read() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM parcel_risk_revision").scalar() == newest()


def test_an_empty_or_short_secret_is_refused(before: Settings) -> None:
    (before.keys / "draw.key").write_bytes(b"")
    with pytest.raises(StoreError, match=r"draw\.key has 0 bytes"):
        before.secret("draw")
    (before.keys / "draw.key").write_bytes(b"x" * 31)
    with pytest.raises(StoreError, match="31 bytes"):
        before.secret("draw")
    shutil.rmtree(before.keys)
    with pytest.raises(StoreError, match="parcel-risk init"):
        before.secret("draw")
