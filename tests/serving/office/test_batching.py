"""Rows that are lodged together: digests, twins, rounds."""

from __future__ import annotations

import hmac
from datetime import timedelta

import polars as pl
import pytest

from features.parcel.fields import CATEGORY_FIELDS
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.parcel.validation import validate_parcels
from serving.office.batching import Submission, first_of_twins, lodged, rounds
from serving.office.content import content_of
from serving.store import Client, Role
from tests.builders import MORNING, a_parcel, a_piece, parcel_table

KEY = b"digests of tests"
CLIENT = Client(client_id="post", role=Role.OPERATOR, operator="post-a")


def validated(*parcels: dict[str, object]) -> pl.DataFrame:
    return validate_parcels(parcel_table(list(parcels)), reference=shipped_reference()).rows


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sender_name": 'Ådne "Quote" \\ Ünal \u2028 漢字 😀 <&>/'},
        {"pieces": None},
        {"pieces": [a_piece(), a_piece(description="ü/\\", value_cents=None)]},
        {"posted_at": MORNING + timedelta(milliseconds=120), "due_at": MORNING + timedelta(microseconds=7)},
        {"gross_weight_g": None, "recipient_name": None, "stream": None},
    ],
)
def test_a_digest_is_that_of_the_table_as_earlier_versions_wrote_it(changes: dict[str, object]):
    table = validated(a_parcel(**changes))
    envelope = ("manifest_id", "version", "function", "lodged_at")
    added = (*(field.name for field in CATEGORY_FIELDS), "tax_rate_bp")
    facts = pl.struct(pl.exclude(LINE, QUALITY_FLAGS, *envelope, *added)).struct.json_encode()
    (text,) = table.select(facts.alias("text"))["text"]
    assert content_of(table.to_dicts()[0], KEY) == hmac.digest(KEY, text.encode(), "sha256")[:16].hex()


def test_a_field_that_earlier_versions_did_not_know_counts_where_it_is_given():
    def content(**changes: object) -> str:
        return content_of(validated(a_parcel(**changes)).to_dicts()[0], KEY)

    assert len({content(), content(tax_rate_bp=1900), content(extra_8="7"), content(extra_7="7")}) == 4


def test_what_a_message_says_of_itself_is_no_fact():
    one, other = validated(a_parcel(), a_parcel(manifest_id="M2", version=3, lodged_at=MORNING)).to_dicts()
    assert content_of(one, KEY) == content_of(other, KEY)


def rows(*parcels: dict[str, object]) -> list[object]:
    return list(lodged([Submission(rows=validated(*parcels).to_dicts(), client=CLIENT)], KEY))


def test_a_parcel_occurs_once_in_a_round_and_its_versions_come_in_order():
    given = rows(
        a_parcel(parcel_id="A"),
        a_parcel(parcel_id="B"),
        a_parcel(parcel_id="A", gross_weight_g=1),
        a_parcel(parcel_id="A", gross_weight_g=2),
    )
    found = [[(one.row["parcel_id"], one.row["gross_weight_g"]) for one in part] for part in rounds(given)]  # type: ignore[arg-type]
    weight = a_parcel()["gross_weight_g"]
    assert found == [[("A", weight), ("B", weight)], [("A", 1)], [("A", 2)]]


def test_of_rows_that_say_the_same_the_first_stands_for_all():
    given = rows(a_parcel(parcel_id="A"), a_parcel(parcel_id="A"), a_parcel(parcel_id="A", version=2))
    assert list(first_of_twins(given).values()) == [given[0], given[2]]  # type: ignore[arg-type]
