"""What holds for every adapter there is, found by discovery."""

from __future__ import annotations

import io
import os

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.sources import Adapter, Content
from features.sources.adapter import BATCH_ROWS, SCHEMAS
from features.sources.reading import checked, read_parcels
from features.sources.registry import adapter_for_media_type, adapters, recognise
from tests.builders import a_parcel, a_piece, parcel_table
from tests.manifests import parcels_for, plain, written

ALL = list(adapters().values())
PARCELS = [adapter for adapter in ALL if adapter.content is Content.PARCELS]
every = pytest.mark.parametrize("adapter", ALL, ids=lambda adapter: adapter.name)
every_of_parcels = pytest.mark.parametrize("adapter", PARCELS, ids=lambda adapter: adapter.name)
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
"""Generated files per property and format; a longer run is a matter of patience."""
FUZZ = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def a_file(adapter: Adapter, n: int = 3) -> bytes:
    """A small file of the format without any doubt in it."""
    if adapter.content is Content.PARCELS:
        rows = parcel_table([a_parcel(parcel_id=f"P-{place}", pieces=[a_piece(), a_piece()]) for place in range(n)])
        return written(adapter, rows.drop(LINE))
    receptacle = "CNSHAADEFRAAACN" + "60001001110012"
    row = {
        "receptacle_id": receptacle,
        "code": "EMD",
        "happened_at": a_parcel()["lodged_at"],
        "office": "DEFRAA",
        "reason": None,
    }
    schema = SCHEMAS[adapter.content]
    rows = [{name: value for name, value in row.items() if name in schema} | {"parcel_id": f"P-{n}"} for n in range(n)]
    return written(adapter, pl.DataFrame(rows, schema=schema))


def accounted(adapter: Adapter, data: bytes) -> tuple[int, int, int]:
    """Read `data`; return rows, rows taken and rows rejected, or (0, 0, 0) when the whole file is refused."""
    try:
        n_rows = n_accepted = 0
        rejected: set[int] = set()
        for batch in adapter.read(io.BytesIO(data)):
            reading = checked(batch, reference=shipped_reference()) if adapter.content is Content.PARCELS else None
            lines = (reading.parcels if reading else batch.rows)[LINE]
            refused = {one.line for one in (reading.rejections if reading else batch.rejections)}
            assert set(lines) & refused == set(), "a row is both taken and rejected"
            assert all(len(batch.original(line)) <= 10_000 for line in refused)
            n_rows += batch.n_rows
            n_accepted += lines.n_unique()
            rejected |= refused
    except SourceError:
        return 0, 0, 0
    return n_rows, n_accepted, len(rejected)


def test_every_module_of_the_package_is_looked_through() -> None:
    assert len(ALL) >= 12
    assert len({adapter.media_type for adapter in ALL}) == len(ALL)


@every
def test_an_adapter_says_what_it_is(adapter: Adapter) -> None:
    assert adapter.says.endswith(".")
    assert adapter.suffix.startswith(".")
    assert adapter.carries <= set(SCHEMAS[adapter.content]) - {"pieces"}
    assert adapter.carries_in_pieces <= {field.name for field in PIECE_FIELDS}
    assert adapter_for_media_type(f"{adapter.media_type}; charset=utf-8") is adapter


@every
def test_a_file_is_recognised_by_its_content_whatever_its_name(adapter: Adapter) -> None:
    assert recognise("upload.bin", a_file(adapter)[:4096]) is adapter


@every_of_parcels
def test_what_a_format_carries_survives_the_round_trip(adapter: Adapter) -> None:
    @settings(FUZZ, max_examples=EXAMPLES + 15)
    @given(parcels_for(adapter))
    def survives(rows: pl.DataFrame) -> None:
        readings = list(read_parcels(adapter, io.BytesIO(written(adapter, rows)), reference=shipped_reference()))
        assert [str(one) for reading in readings for one in reading.rejections] == []
        back = pl.concat([reading.parcels for reading in readings])
        assert plain(back, adapter) == plain(rows, adapter)

    survives()


@pytest.mark.parametrize("adapter", [one for one in ALL if one not in PARCELS], ids=lambda adapter: adapter.name)
def test_events_and_receptacles_survive_the_round_trip(adapter: Adapter) -> None:
    data = a_file(adapter, 7)
    (batch,) = adapter.read(io.BytesIO(data))
    assert batch.rejections == ()
    assert batch.rows.height == 7
    assert written(adapter, batch.rows.drop(LINE)) == data


@every
def test_an_empty_file_is_refused_with_what_to_send(adapter: Adapter) -> None:
    for data in (b"", b"\n", b"  \n\n"):
        with pytest.raises(SourceError):
            list(adapter.read(io.BytesIO(data)))


@every
def test_a_file_that_breaks_off_anywhere_loses_nothing_silently(adapter: Adapter) -> None:
    whole = a_file(adapter, 5)
    _, everything, none_rejected = accounted(adapter, whole)
    assert (everything, none_rejected) == (5 if adapter.content is not Content.RECEPTACLES else 1, 0)
    for cut in range(1, len(whole), max(7, len(whole) // 40)):
        _, n_accepted, n_rejected = accounted(adapter, whole[:cut])
        assert n_accepted <= everything
        if cut < len(whole) - 12 and adapter.name not in {"csv", "ndjson"}:
            assert n_rejected or not n_accepted, f"cut at {cut}: {n_accepted} taken and nothing said"


@every
def test_no_bytes_make_an_adapter_fail_or_take_a_row_without_a_reason(adapter: Adapter) -> None:
    whole = a_file(adapter, 4)

    @FUZZ
    @given(st.binary(max_size=300))
    def anything(data: bytes) -> None:
        n_rows, n_accepted, n_rejected = accounted(adapter, data)
        assert n_rows <= n_accepted + n_rejected

    @FUZZ
    @given(st.integers(0, len(whole) - 1), st.binary(max_size=6), st.integers(0, 8))
    def damaged(at: int, bytes_put_in: bytes, n_out: int) -> None:
        n_rows, n_accepted, n_rejected = accounted(adapter, whole[:at] + bytes_put_in + whole[at + n_out :])
        assert n_rows <= n_accepted + n_rejected

    anything()
    damaged()


@every_of_parcels
def test_a_large_file_comes_in_batches(adapter: Adapter) -> None:
    n = 2 * BATCH_ROWS + 10
    rows = parcel_table([a_parcel(parcel_id="P")]).drop(LINE)
    many = pl.concat([rows] * n).with_columns(pl.format("P-{}", pl.int_range(n)).alias("parcel_id"))
    sizes = [batch.n_rows for batch in adapter.read(io.BytesIO(written(adapter, many)))]
    assert max(sizes) <= BATCH_ROWS
    assert sum(sizes) == n


def test_every_field_is_carried_by_some_format() -> None:
    names = {field.name for field in PARCEL_FIELDS}
    assert set().union(*(adapter.carries for adapter in PARCELS)) == names
