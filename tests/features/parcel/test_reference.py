from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.parcel.goods import goods
from features.parcel.reference import CODES, RATES, ReferenceError, load_reference, shipped_reference
from features.parcel.validation import validate_parcels
from tests.builders import a_parcel, a_piece, parcel_table

SHIPPED = Path(__file__).parent.parent.parent.parent / "features" / "parcel"


def test_the_country_list_is_that_of_iso_3166_and_kosovo() -> None:
    assert len(shipped_reference().countries) == 250
    assert {"DE", "US", "CN", "GB", "XK", "TL", "SS"} <= shipped_reference().countries
    assert shipped_reference().countries & {"ZZ", "AA", "UK", "EU", "SU", "AN", "XX"} == set()


def test_currencies_of_every_rate_are_known() -> None:
    assert set(shipped_reference().rates[-1].units_per_euro) <= shipped_reference().currencies


def test_an_office_may_bring_its_own_rates_and_the_day_of_lodging_decides(tmp_path: Path) -> None:
    (tmp_path / RATES).write_text(
        "[[table]]\nas_of = 2026-01-01\n[table.units_per_euro]\nEUR = 1\nUSD = 2\n"
        "[[table]]\nas_of = 2026-07-01\n[table.units_per_euro]\nEUR = 1\nUSD = 4\n",
        "utf-8",
    )
    reference = load_reference(tmp_path)
    days = [datetime(2025, 5, 1, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC), None]
    rows = [a_parcel(lodged_at=day, pieces=[a_piece(value_cents=800, currency="USD")]) for day in days]
    assert goods(parcel_table(rows), reference=reference)["declared_value_eur_cents"].to_list() == [400, 400, 200, 200]


@pytest.mark.parametrize(
    ("unknown", "kept", "flags"),
    [
        ("drop", None, ["value_dropped"]),
        ("reject", None, ["value_dropped"]),
        ("flag", "X", ["mail_class"]),
        ("ignore", "X", []),
    ],
)
def test_the_switch_of_a_code_list_decides_what_an_unknown_code_means(
    tmp_path: Path, unknown: str, kept: str | None, flags: list[str]
) -> None:
    text = (SHIPPED / CODES).read_text("utf-8")
    shipped = '[mail_class]\nunknown = "flag"'
    assert shipped in text
    (tmp_path / CODES).write_text(text.replace(shipped, f'[mail_class]\nunknown = "{unknown}"'), "utf-8")
    reference = load_reference(tmp_path)
    accepted = validate_parcels(parcel_table([a_parcel(mail_class="X")]), reference=reference)
    assert accepted.rejections == ()
    assert [one.code for one in accepted.doubts] == ([] if kept else ["mail_class"])
    assert accepted.rows.select("mail_class", "quality_flags").rows() == [(kept, flags)]


def test_an_identifier_that_an_office_drops_refuses_its_row(tmp_path: Path) -> None:
    text = (SHIPPED / CODES).read_text("utf-8")
    shipped = '[service_indicator]\nunknown = "flag"'
    assert shipped in text
    (tmp_path / CODES).write_text(text.replace(shipped, '[service_indicator]\nunknown = "drop"'), "utf-8")
    accepted = validate_parcels(parcel_table([a_parcel(parcel_id="XX473124829US")]), reference=load_reference(tmp_path))
    assert [(one.field, one.code) for one in accepted.rejections] == [("parcel_id", "service_indicator")]


@pytest.mark.parametrize(
    "text", ["[country]\n", "[country]\nunknown = 'perhaps'\ncodes = []\n", "not toml", "[country]\nunknown='flag'\n"]
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / CODES).write_text(text, "utf-8")
    with pytest.raises(ReferenceError, match=r"codes\.toml"):
        load_reference(tmp_path)


def test_lists_and_rates_cannot_be_changed_by_who_is_given_them() -> None:
    reference = shipped_reference()
    with pytest.raises(TypeError, match="item assignment"):
        reference.lists["country"] = reference.lists["currency"]  # type: ignore[index]
    with pytest.raises(TypeError, match="item assignment"):
        reference.units_per_euro["EUR"] = 2.0  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        reference.rates = ()  # type: ignore[misc]


def test_two_offices_in_one_process_do_not_meet(tmp_path: Path) -> None:
    text = (SHIPPED / CODES).read_text("utf-8")
    (tmp_path / CODES).write_text(text.replace('[country]\nunknown = "drop"', '[country]\nunknown = "ignore"'), "utf-8")
    rows = parcel_table([a_parcel(sender_country="ZZ")])
    for reference, kept in (
        (load_reference(tmp_path), "ZZ"),
        (shipped_reference(), None),
        (load_reference(tmp_path), "ZZ"),
    ):
        assert validate_parcels(rows, reference=reference).rows["sender_country"].to_list() == [kept]
