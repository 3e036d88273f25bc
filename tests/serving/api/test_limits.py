"""Limits of clients: what each answer says is left, who waits, and who never does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from policy.limits import LimitError, limits_of, load_limits, shipped_limits
from serving.office.rates import Rates
from tests.serving.api.conftest import Bare

DAY = date(2026, 11, 30)
TABLE = """
[[limit]]
from = 2026-01-01
source = "test"
role = "operator"
per_minute = 100
[[limit]]
from = 2026-11-01
source = "test"
role = "operator"
per_minute = 50
[[limit]]
from = 2020-01-01
source = "test"
client = "post"
per_minute = 3
"""


def test_a_row_for_the_client_comes_first_and_the_newest_of_its_role_next() -> None:
    limits = limits_of(TABLE)
    assert limits.per_minute("post", "operator", DAY) == 3
    assert limits.per_minute("courier", "operator", DAY) == 50
    assert limits.per_minute("courier", "operator", date(2026, 10, 31)) == 100
    assert limits.per_minute("courier", "operator", date(2025, 1, 1)) == 0


def test_the_line_is_never_limited_and_operators_are_as_shipped() -> None:
    for role in ("officer", "supervisor"):
        assert shipped_limits().per_minute("any", role, DAY) == 0
    assert shipped_limits().per_minute("any", "operator", DAY) == 300_000
    with pytest.raises(ValueError, match="never limited"):
        limits_of(TABLE.replace('"operator"', '"officer"'))


@pytest.mark.parametrize(
    "wrong", ['per_minute = "3"', "per_minute = -1", 'role = "x"\nper_minute = 3', "per_minute = 3\ncolour = 1"]
)
def test_a_table_that_cannot_be_used_is_said(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "limits.toml").write_text(TABLE.replace("per_minute = 3", wrong), "utf-8")
    with pytest.raises(LimitError, match=r"Compare with policy/limits\.toml"):
        load_limits(tmp_path)


def test_a_client_sends_its_limit_at_once_and_then_waits_for_its_next_one() -> None:
    seconds = [1_000.0]
    rates = Rates(lambda: seconds[0])
    assert [rates.take("a", 3).n for _ in range(3)] == [2, 1, 0]
    refused = rates.take("a", 3)
    assert (refused.wait_s, refused.n, refused.reset_s) == (20, 0, 60)
    assert rates.take("b", 3).n == 2, "others do not wait"
    seconds[0] += 20
    assert rates.take("a", 3).wait_s == 0
    seconds[0] += 600
    assert rates.take("a", 3).n == 2


def test_memory_is_bounded_however_many_clients_there_are() -> None:
    rates = Rates()
    for n in range(10_050):
        rates.take(str(n), 10)
    assert len(rates._free_at) == 10_000


def test_who_sends_too_much_is_refused_with_when_to_send_again_and_the_line_is_not(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bare.app.state, "limits", limits_of(TABLE))
    monkeypatch.setattr(bare.app.state, "rates", Rates(lambda: 1_000.0))
    answers = [bare.http.get("/v1/quality", headers=bare.post) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
    assert [one.headers["ratelimit"] for one in answers[:2]] == ['"requests";r=2;t=20', '"requests";r=1;t=40']
    assert answers[3].headers["retry-after"] == "20"
    assert answers[3].json()["type"] == "/problems/too-many-requests"
    assert bare.http.get("/v1/quality", headers=bare.courier).status_code == 200
    line = [bare.http.get("/v1/parcels/RB473124829US", headers=bare.supervisor) for _ in range(60)]
    assert {one.status_code for one in line} == {404}
    assert "ratelimit" not in line[0].headers
