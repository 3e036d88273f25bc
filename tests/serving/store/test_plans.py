"""What is done to one parcel takes the same time however many are stored: by the plans of its statements in SQLite.

SQLite counts no rows: of two conditions that have an index each it may take the one that leaves a million.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from serving.api.examples import EXAMPLES, PARCEL
from serving.app import create_app
from serving.office.regular import Regularly
from serving.store import Role, statements
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

NUMBER = PARCEL["parcel_id"]
FEW = {"capacities", "clients", "lists", "passphrases", "policies", "rules", "score_stops", "seizures", "segments"}
FEW |= {"sessions", "shadows", "webhooks"}
"""Tables of a few rows for an installation, a person or ten thousand parcels, which may be read whole."""
IDLE = ("LEFT OUTER JOIN rescored", "jobs.state IN (?, ?) ORDER BY jobs.received_at")
"""In statements by which the thread of jobs, when it has none, looks for one and for answers to be given again."""
PAGES = ("", "/stages", "/history", "/seizure", "/exhibit", "/label")


class Plans(dict[str, list[str]]):
    """Plan of every statement that reads, by its text."""

    def note(self, driver: Any, sql: str, values: Any) -> None:
        if (
            sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE"))
            and sql not in self
            and not any(one in sql for one in IDLE)
        ):
            self[sql] = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plans]:
    """Plans of statements, but for those of what is done now and then in the background."""
    noted, run, regularly, thread = Plans(), statements.Statement.run, Regularly._run, threading.local()

    def apart(self: Regularly) -> None:
        thread.is_regular = True
        regularly(self)

    def noting(self: statements.Statement, connection: Connection, values: Any) -> Any:
        rows = run(self, connection, values)
        if hasattr(thread, "is_regular"):
            return rows
        sql, constants = self._compiled[connection.dialect.name]
        one = values if isinstance(values, dict) else next(iter(values), {})
        noted.note(connection.connection.dbapi_connection, sql, {**constants, **one})
        return rows

    def before(connection: Connection, _: Any, sql: str, values: Any, __: Any, is_many: bool) -> None:
        if not hasattr(thread, "is_regular"):
            noted.note(connection.connection.dbapi_connection, sql, values[0] if is_many else values)

    monkeypatch.setattr(Regularly, "_run", apart)
    monkeypatch.setattr(statements.Statement, "run", noting)
    event.listen(Engine, "before_cursor_execute", before)
    yield noted
    event.remove(Engine, "before_cursor_execute", before)


def whole(plan: list[str]) -> list[str]:
    """What a plan reads of a table that grows without end, and every event of an operator."""
    scanned = [one[1] for step in plan if (one := re.match(r"SCAN (\w+)(?!.* VIRTUAL TABLE)", step))]
    return [one for one in scanned if one not in FEW] + [one for one in plan if one.endswith("_operator (operator=?)")]


def test_no_statement_about_a_parcel_reads_a_table_that_grows(tmp_path: Path, plans: Plans) -> None:
    settings = bare_settings(tmp_path)
    keys = {role.value: client_key(settings, role.value, None, role) for role in Role if role is not Role.OPERATOR}
    keys["post"] = client_key(settings, "post", "post-a")
    with TestClient(create_app(settings, Clock()), raise_server_exceptions=False) as http:
        plans.clear()
        for (method, path), body in EXAMPLES.items():
            filled = re.sub(r"\{(\w+)[^}]*\}", lambda one: NUMBER if one[1] == "parcel_id" else "1", path)
            for who in ("post", "officer", "supervisor", "analyst"):
                if http.request(method, filled, json=body, headers=bearer(keys[who])).status_code != 403:
                    break
        assert http.post("/station/login", data={"key": keys["officer"]}).status_code == 200
        for page in PAGES:
            asked = {"parcel": NUMBER, "number": NUMBER, "operator": "post-a"}
            assert http.get(f"/station{page}", params=asked).status_code < 500
        for who in ("post", "officer"):
            assert http.get(f"/v1/parcels/{NUMBER}", headers=bearer(keys[who])).status_code == 200
    assert len(plans) > 60
    assert {sql: found for sql, plan in plans.items() if (found := whole(plan))} == {}
