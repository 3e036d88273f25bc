"""A log without numbers and texts replays to the same bits, and holds none of them."""

from __future__ import annotations

import polars as pl

from features.catalogue import golden_log
from features.facts import facts_of_log
from features.facts.withheld import WITHHELD_SCHEMA, without_texts
from features.log import LOG_SCHEMA, NUMBERS, WITHHELD
from features.parcel.fields import PARCEL_FIELDS
from features.replay import joined, replay
from features.replay.files import LogFiles, read_chunk, write_whole
from features.replay.runs import replay_files
from tests.features.rows import as_log, odd_rows
from tests.worlds import eventful_log


def test_facts_are_the_same_bits_without_the_texts():
    log = as_log(odd_rows(500, seed=8))
    assert facts_of_log(without_texts(log)).tobytes() == facts_of_log(log).tobytes()


def test_stated_facts_count_where_texts_were_erased():
    log = as_log(odd_rows(50, seed=9))
    erased = without_texts(log).with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in WITHHELD)
    assert facts_of_log(erased).tobytes() == facts_of_log(log).tobytes()


def test_no_number_and_no_free_text_is_left():
    log = golden_log()
    left = without_texts(log)
    assert left.schema == WITHHELD_SCHEMA
    prose = {field.name for field in PARCEL_FIELDS if field.is_prose}
    assert not (prose | {*NUMBERS, "description"}) & set(left.columns)
    said = left.drop("kind").write_ndjson()
    texts = [text for name in WITHHELD for text in log[name].drop_nulls()]
    texts += [piece["description"] or "" for pieces in log["pieces"].drop_nulls() for piece in pieces]
    long = [text for text in texts if len(text) > 6]
    assert long
    assert not [text for text in long if text in said]


def test_pieces_keep_everything_else():
    log = golden_log()
    pieces = [
        None
        if one is None
        else [{name: value for name, value in piece.items() if name != "description"} for piece in one]
        for one in log["pieces"].to_list()
    ]
    assert without_texts(log)["pieces"].to_list() == pieces


def test_a_replay_of_files_without_texts_gives_the_same_rows(tmp_path):
    log = eventful_log(1_000).head(900)
    whole = joined(replay(log))
    write_whole(without_texts(log), tmp_path / "log-0.parquet")
    files = LogFiles.of(tmp_path, chunk=250)
    assert read_chunk(files.chunks[0]).schema == WITHHELD_SCHEMA
    paths = replay_files(files, tmp_path / "rows")
    rows = pl.concat([pl.read_parquet(path) for path in paths])
    assert rows.drop("seq").to_numpy().tobytes() == whole.values.tobytes()


def test_an_empty_log_has_the_schema():
    assert without_texts(pl.DataFrame(schema=LOG_SCHEMA)).schema == WITHHELD_SCHEMA
