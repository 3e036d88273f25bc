"""Files over which the libraries behind a format stumble: an answer in words, and nobody else is stopped."""

from __future__ import annotations

import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.sources.reading import read_parcels
from features.sources.registry import adapter_named

COLUMNS = {
    "a date out of range": pa.array([2**30], pa.date32()),
    "a decimal of 256 bits": pa.array([Decimal(1)], pa.decimal256(40, 2)),
    "a duration": pa.array([5], pa.duration("s")),
    "bytes that are no text": pa.array([b"\xff\xfe"], pa.binary()),
}
ITEM = "<Item><ItemId>RB473124829US</ItemId></Item>"


def outcome(name: str, content: bytes) -> tuple[int, int, int]:
    """Rows, rows taken, and rows or files refused; a file that is refused whole counts once."""
    n_rows = n_accepted = n_refused = 0
    try:
        for reading in read_parcels(adapter_named(name), io.BytesIO(content), reference=shipped_reference()):
            n_rows += reading.n_rows
            n_accepted += reading.parcels.height
            n_refused += len({rejection.line for rejection in reading.rejections})
    except SourceError:
        return 0, 0, 1
    return n_rows, n_accepted, n_refused


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("format_name", ["parquet", "arrow"])
def test_a_column_of_an_odd_type_ends_in_words(column: pa.Array, format_name: str) -> None:
    table = pa.table({"parcel_id": ["LF2"], "posted_at": column})
    file = io.BytesIO()
    if format_name == "parquet":
        try:
            pq.write_table(table, file)
        except pa.ArrowNotImplementedError:
            file.write(b"PAR1 cannot be written with this column PAR1")
    else:
        with pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    n_rows, n_accepted, n_refused = outcome(format_name, file.getvalue())
    assert n_refused == 1 or n_accepted == n_rows == 1


@pytest.mark.parametrize("encoding", ["KLINGON", "gb18030", "UTF-32", "idna", "zlib", "punycode"])
def test_xml_in_an_encoding_that_is_not_known_ends_in_words(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><ItemAttributes>{ITEM}</ItemAttributes>'
    assert outcome("itmatt", text.encode()) == (0, 0, 1)


def test_the_name_of_an_encoding_is_not_repeated() -> None:
    text = f'<?xml version="1.0" encoding="Zebulon"?><ItemAttributes>{ITEM}</ItemAttributes>'
    with pytest.raises(SourceError) as error:
        list(read_parcels(adapter_named("itmatt"), io.BytesIO(text.encode()), reference=shipped_reference()))
    assert "Zebulon" not in str(error.value)


@pytest.mark.parametrize("inside", [ITEM.replace("Item>", "item>"), ""])
def test_a_message_in_which_no_item_is_found_is_no_success(inside: str) -> None:
    assert outcome("itmatt", f"<ItemAttributes>{inside}</ItemAttributes>".encode()) == (0, 0, 1)


@pytest.mark.parametrize(
    "text",
    [
        '{"consignments": [{"parcel_id": "A1"}], "consignments": [{"parcel_id": "A2"}]}',
        '{"consignments": [{"parcel_id": "A1"}]} {"consignments": [{"parcel_id": "A2"}]}',
        '{"consignments": [{"parcel_id": "A1"}]',
    ],
)
def test_what_follows_the_list_is_not_dropped_without_a_word(text: str) -> None:
    n_rows, n_accepted, n_refused = outcome("courier", text.encode())
    assert (n_rows, n_accepted, n_refused) == (2, 1, 1)


def test_the_end_of_the_document_is_no_fault() -> None:
    assert outcome("courier", b'{"consignments": [{"parcel_id": "A1"}]}\n') == (1, 1, 0)
