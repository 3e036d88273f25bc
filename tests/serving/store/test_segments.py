"""Segments: the same bytes for the same events, a chain, and nothing is read that is not what was sealed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from features.facts.withheld import without_texts
from features.log import empty_log
from features.parcel.problems import StoreError
from serving.store import segment_format
from serving.store.segment_folder import ASIDE, SegmentFolder
from serving.store.segment_format import SCHEMA, Header, header_of, scan, written
from serving.store.segments import Segment, check_links
from tests.worlds import eventful_log

HEADER = Header(first_seq=1, last_seq=40, previous="", derivations=(1, 2))


def events() -> pl.DataFrame:
    return without_texts(eventful_log(1_000).head(40)).with_columns(derivation=pl.int_range(40) % 2 + 1)


def sealed(folder: Path, header: Header = HEADER) -> tuple[SegmentFolder, Segment]:
    segments = SegmentFolder(folder)
    content = written(events(), header)
    return segments, Segment(header=header, sha256=segments.put(content), n_bytes=len(content))


def test_the_same_events_give_the_same_bytes() -> None:
    assert written(events(), HEADER) == written(events(), HEADER)


def test_events_come_back_together_and_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_format, "GROUP", 16)
    monkeypatch.setattr("serving.store.segment_folder.GROUP", 16)
    folder, segment = sealed(tmp_path)
    assert folder.whole(segment).collect().equals(events())
    assert folder.read(segment, after=13).equals(events().drop("derivation").slice(13))
    one_by_one = [folder.event(segment, seq) for seq in range(1, 41)]
    assert pl.DataFrame(one_by_one, schema=SCHEMA).equals(events())


def test_the_header_is_in_the_file(tmp_path: Path) -> None:
    folder, segment = sealed(tmp_path)
    assert header_of(folder.path_of(segment)) == HEADER


def test_a_column_that_a_segment_lacks_is_null(tmp_path: Path) -> None:
    path = tmp_path / "before.parquet"
    path.write_bytes(written(events().drop("tax_rate_bp", "fact_s10_country"), HEADER))
    read = scan(path).collect()
    assert read.schema == SCHEMA
    assert read["tax_rate_bp"].null_count() == read["fact_s10_country"].null_count() == 40


def test_a_damaged_segment_is_named_and_refused(tmp_path: Path) -> None:
    folder, segment = sealed(tmp_path)
    path = tmp_path / f"{segment.sha256}.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match=rf"events 1 to 40 of the log is damaged.*{segment.sha256}"):
        folder.read(segment)


def test_a_missing_segment_is_named_and_refused(tmp_path: Path) -> None:
    folder, segment = sealed(tmp_path)
    (tmp_path / f"{segment.sha256}.parquet").unlink()
    with pytest.raises(StoreError, match=rf"is missing in .*Put {segment.sha256}\.parquet back"):
        folder.event(segment, 3)


def test_a_segment_that_says_other_things_of_itself_is_refused(tmp_path: Path) -> None:
    folder, segment = sealed(tmp_path)
    other = Segment(
        header=Header(first_seq=41, last_seq=80, previous="a", derivations=(2,)), sha256=segment.sha256, n_bytes=1
    )
    with pytest.raises(StoreError, match="events 41 to 80 of the log belongs elsewhere"):
        folder.read(other)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all"])
def test_what_is_no_segment_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"x\.parquet is no segment"):
        header_of(path)


def test_a_parquet_file_of_something_else_is_refused(tmp_path: Path) -> None:
    empty_log().write_parquet(tmp_path / "x.parquet")
    with pytest.raises(StoreError, match="is no segment"):
        header_of(tmp_path / "x.parquet")


def test_a_segment_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    folder, segment = sealed(tmp_path, Header(first_seq=1, last_seq=40, previous="", derivations=(2,), version=99))
    with pytest.raises(StoreError, match=r"version 99.*Install the program"):
        folder.read(segment)


def test_without_a_folder_sealed_events_are_refused_with_the_setting() -> None:
    with pytest.raises(StoreError, match="PARCEL_RISK_SEGMENTS_DIR"):
        SegmentFolder(None).read(Segment(header=HEADER, sha256="a", n_bytes=1))


def test_unknown_segments_are_set_aside_and_other_files_are_left_alone(tmp_path: Path) -> None:
    folder, segment = sealed(tmp_path)
    other = folder.put(b"of a killed process")
    half = tmp_path / f"{'0' * 64}.parquet.part"
    half.write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("of somebody", "utf-8")
    assert folder.sweep({segment.sha256}) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"{segment.sha256}.parquet", "notes.txt", ASIDE])
    assert {path.name for path in (tmp_path / ASIDE).iterdir()} == {f"{other}.parquet", half.name}
    assert SegmentFolder(tmp_path / "none").sweep(set()) == 0


def link(first: int, last: int, sha256: str, previous: str) -> Segment:
    return Segment(
        header=Header(first_seq=first, last_seq=last, previous=previous, derivations=(2,)), sha256=sha256, n_bytes=1
    )


@pytest.mark.parametrize(
    "links",
    [
        [link(1, 9, "a", ""), link(10, 19, "b", "x")],
        [link(1, 9, "a", ""), link(11, 19, "b", "a")],
        [link(1, 9, "a", "b")],
        [link(10, 19, "a", "")],
    ],
)
def test_a_broken_chain_is_refused(links: list[Segment]) -> None:
    with pytest.raises(StoreError, match="chain of segments is broken before event"):
        check_links(links)


def test_a_whole_chain_is_none() -> None:
    check_links([])
    check_links([link(1, 9, "a", ""), link(10, 19, "b", "a"), link(20, 20, "c", "b")])
    check_links([link(10, 19, "b", "a"), link(20, 20, "c", "b")])
