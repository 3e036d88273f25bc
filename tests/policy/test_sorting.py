"""Sort codes say where and never why, and nothing that is missing passes as nothing asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from features.signing import SORT_TABLE, new_key, sign
from policy import Cause, Decision, Limit, Referral
from policy.sort_table import SortTable, digest_of, read_table
from policy.sorting import (
    COVERT,
    DRAWN,
    FILE,
    KINDS,
    WITHOUT_ONE,
    Reading,
    SortCodeError,
    in_force,
    load_sort_codes,
    shipped_sort_codes,
    sort_codes_of,
)

SHIPPED = (Path(__file__).parents[2] / "policy" / FILE).read_text("utf-8")
CODES = shipped_sort_codes()[0]
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


def decided(referral: Referral, cause: Cause = Cause.SCORE, **more: object) -> Decision:
    return Decision(referral=referral, cause=cause, propensity=0.1, limit=Limit.NONE, **more)  # type: ignore[arg-type]


def test_everything_that_can_be_answered_has_a_code_and_a_chute() -> None:
    assert set(CODES.codes) == set(KINDS)
    assert all(CODES.code_at("any", CODES.chutes_of("any", code)[0]) == code for code in CODES.codes.values())


def test_lists_scores_draws_and_covert_decisions_share_a_code() -> None:
    codes = {
        CODES.code_of(decided(Referral.OPEN, Cause.LIST)),
        CODES.code_of(decided(Referral.XRAY, Cause.SCORE)),
        CODES.code_of(decided(Referral.SPOT_CHECK, Cause.RANDOM)),
        CODES.code_of(decided(Referral.OPEN, disclosed=decided(Referral.RELEASE))),
    }
    assert codes == {"2"}


def test_the_office_may_give_draws_and_covert_decisions_codes_of_their_own() -> None:
    text = SHIPPED.replace('drawn = "2"', 'drawn = "4"').replace('covert = "2"', 'covert = "5"')
    text += '4 = { chutes = ["4"], state = "in_hall" }\n5 = { chutes = ["5"], state = "in_hall" }\n'
    own = sort_codes_of(text)[0]
    assert own.code_of(decided(Referral.OPEN, Cause.RANDOM)) == own.codes[DRAWN] == "4"
    assert own.code_of(decided(Referral.OPEN, disclosed=decided(Referral.RELEASE))) == own.codes[COVERT] == "5"
    assert own.code_of(decided(Referral.RELEASE, Cause.RANDOM)) == "1"


@pytest.mark.parametrize("kind", ["no_read", "several", "unknown", "misread", "not_assessed", "open", "drawn"])
def test_what_is_missing_or_asked_for_cannot_have_the_code_of_release(kind: str) -> None:
    code = CODES.codes[kind]
    with pytest.raises(ValueError, match=f"{kind} has the code of release"):
        sort_codes_of(SHIPPED.replace(f'\n{kind} = "{code}"', f'\n{kind} = "1"'))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('unknown = "3"', 'unknown = "9"', "has no chutes"),
        ('chutes = ["3"]', 'chutes = ["2"]', "each chute belongs to one code"),
        ('chutes = ["3"], state = "in_hall"', 'chutes = ["3"], state = "declared"', "no state that a scan reports"),
        ("offline_hours = 12", "offline_hours = 0", "above 0"),
        ('open = "2"', 'open = "to customs"', "letters or digits"),
        ('open = "2"', 'open = "2"\nrisky = "2"', "nothing that has a code"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(before: str, after: str, says: str, tmp_path: Path) -> None:
    tmp_path.joinpath(FILE).write_text(SHIPPED.replace(before, after), "utf-8")
    with pytest.raises(SortCodeError, match=says):
        load_sort_codes(tmp_path)


def test_a_machine_may_have_chutes_of_its_own_and_a_later_table_holds_later() -> None:
    later = SHIPPED.replace("from = 2020-01-01", "from = 2027-01-01")
    later += '\n[[table.sorter]]\nname = "hall 2"\nchutes = { 2 = ["21", "22"] }\n'
    tables = sort_codes_of(SHIPPED + later[later.index("[[table]]") :])
    assert in_force(tables, date(2026, 12, 31)).chutes_of("hall 2", "2") == ("2",)
    codes = in_force(tables, date(2027, 1, 1))
    assert codes.chutes_of("hall 2", "2") == ("21", "22")
    assert codes.code_at("hall 2", "22") == "2"
    assert codes.code_at("hall 2", "2") is None


def test_of_several_parcels_under_one_number_the_strongest_code_is_answered() -> None:
    assert CODES.strongest(["1", "2", "3"]) == "2"
    assert CODES.strongest(["1", "3"]) == "3"
    assert CODES.strongest(["1", "1"]) == "1"


def table() -> SortTable:
    return SortTable(
        made_at=AT,
        valid_until=AT + timedelta(hours=12),
        salt="ab",
        is_whole=True,
        without_one={one.value: CODES.codes[one] for one in WITHOUT_ONE},
        codes={"1": (digest_of("ab", "RB473124829US"),), "2": (digest_of("ab", "RB473124832US"),)},
    )


def signed(one: SortTable, folder: Path) -> tuple[dict[str, object], frozenset[str]]:
    public = new_key(folder / "key.pem")
    signature = sign(one.digest(), name="here", key=folder / "key.pem", signed_at=AT.isoformat(), purpose=SORT_TABLE)
    return {"table": one.as_dict(), "signature": signature.as_dict()}, frozenset({public})


def test_a_site_without_a_connection_asks_the_signed_table(tmp_path: Path) -> None:
    found = read_table(*signed(table(), tmp_path))
    assert found.code(["RB 473 124 829 US"], AT) == (Reading.ONE, "1")
    assert found.code(["10115", "RB473124832US"], AT) == (Reading.ONE, "2")
    assert found.code(["RB473124829US", "RB473124832US"], AT) == (Reading.SEVERAL, "3")
    assert found.code(["RB473124846US"], AT) == (Reading.UNKNOWN, "3")
    assert found.code([" "], AT) == (Reading.NO_READ, "3")
    assert found.age(AT + timedelta(hours=1)) == timedelta(hours=1)


@pytest.mark.parametrize("late", [timedelta(hours=12, seconds=1), timedelta(seconds=-1)])
def test_what_is_too_old_or_from_the_future_releases_nothing(late: timedelta, tmp_path: Path) -> None:
    assert read_table(*signed(table(), tmp_path)).code(["RB473124829US"], AT + late) == (Reading.UNKNOWN, "3")


def test_a_table_that_was_changed_or_signed_by_others_is_refused(tmp_path: Path) -> None:
    document, trusted = signed(table(), tmp_path)
    with pytest.raises(SortCodeError, match="sort codes"):
        read_table(document, frozenset({"00" * 32}))
    changed = replace(table(), codes={"1": table().codes["2"]})
    with pytest.raises(SortCodeError, match="was changed"):
        read_table({**document, "table": changed.as_dict()}, trusted)
    with pytest.raises(SortCodeError, match="no table"):
        read_table({"table": {}}, trusted)
