"""The folder of work of a historical backfill: what is kept of it from one start to the next."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from features.parcel.doubted import Doubted, summed
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.intake.ordered import Resolved, resolve, restored, stored, without
from serving.intake.prepared import OF_OUTCOMES, ORPHAN, TWIN, Chunks, frames, rejected_lines, twin, write
from serving.office.office import Office
from serving.office.outcomes import orphan

SHOWN = 10
"""Rejections that are said; a file takes all of them."""
_COLUMNS = ("line", "field", "code", "reason", "remedy")


class Work:
    """One backfill, interrupted or not.

    Attributes
    ----------
    now:
        When it began: what is later is in the future, however often it is resumed.
    chunks:
        Rows that were read.
    """

    def __init__(self, folder: Path, source: str, now: datetime) -> None:
        """Begin, or take up what was begun."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        begun = self._noted("begun", {"source": source, "at": now.isoformat()})
        self.now = datetime.fromisoformat(begun["at"])
        self.chunks = Chunks(folder / "chunks")
        (folder / "parts").mkdir(exist_ok=True)

    def known(self, name: str) -> dict[str, Any] | None:
        """What is noted under `name`."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def _noted(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        known = self.known(name)
        if known is None:
            self.note(name, values)
        return known or values

    def note(self, name: str, values: dict[str, Any]) -> None:
        """Write a note that is there whole or not at all."""
        beside = self.folder / f"{name}.new"
        beside.write_text(json.dumps(values), "utf-8")
        beside.replace(self.folder / f"{name}.json")

    def resolved(self, office: Office, told: Callable[[], None]) -> Resolved:
        """What was resolved, once and for all: once parts are in the log, it cannot be found again."""
        folder, beside = self.folder / "resolved", self.folder / "resolved.new"
        if not folder.exists():
            told()
            stored(resolve(self.chunks, office, beside), beside)
            beside.rename(folder)
        return restored(folder)

    def keep_part(self, number: int, refused: pl.DataFrame) -> None:
        """Write rejections of a part, in place of those of an earlier attempt."""
        path = self.folder / "parts" / f"{number:06d}.parquet"
        if refused.height:
            write(refused, path)
        else:
            path.unlink(missing_ok=True)

    def rejections(self) -> Iterator[pl.DataFrame]:
        """All rejections, a portion at a time, in the order of the report."""
        resolved = restored(self.folder / "resolved")
        late = sorted((self.folder / "parts").glob("*.parquet"))
        for rank in range(ORPHAN):
            if rank == TWIN:
                yield from (rejected_lines(TWIN, lines, twin) for lines in _slices(resolved.twins))
                yield from (table.filter(pl.col("rank") == TWIN) for table in frames(late))
            else:
                paths = self.chunks.paths("rejections")
                of_rank = (table.filter(pl.col("rank") == rank) for table in frames(paths))
                yield from (without(table, resolved.twins) for table in of_rank)
        lines = [table.filter(pl.col("rank") == ORPHAN)[LINE] for table in frames(late)]
        orphans = pl.concat([resolved.ambiguous, *lines]).sort()
        yield from (rejected_lines(ORPHAN, part, orphan) for part in _slices(orphans))

    def report(self, file: Path | None) -> tuple[tuple[Rejection, ...], int, int, bool]:
        """Write all rejections to `file`; return the first, their number, the number of lines, and if all repeat."""
        if file is None:
            return self._summary(None)
        with file.open("w", encoding="utf-8", newline="") as stream:
            stream.write(",".join(_COLUMNS) + "\n")
            return self._summary(stream)

    def _summary(self, stream: TextIO | None) -> tuple[tuple[Rejection, ...], int, int, bool]:
        first: list[Rejection] = []
        lines = [pl.Series(LINE, [], dtype=pl.Int64)]
        is_repeated = True
        for table in self.rejections():
            said = _by_file(table)
            if stream is not None:
                stream.write(said.write_csv(include_header=False))
            first += [Rejection(**row) for row in said.head(SHOWN - len(first)).to_dicts()]
            lines.append(table[LINE])
            is_repeated &= bool((table["code"] == "already_lodged").all())
        every = pl.concat(lines)
        return tuple(first), len(every), every.n_unique(), is_repeated

    def doubts(self) -> tuple[Doubted, ...]:
        """Values that were not used as they were given, counted by field and reason."""
        return summed(Doubted(**row) for table in frames(self.chunks.paths("doubts")) for row in table.to_dicts())

    def remove(self) -> None:
        """Remove the folder, at once for everybody who looks."""
        gone = self.folder.with_suffix(".removed")
        shutil.rmtree(gone, ignore_errors=True)
        self.folder.rename(gone)
        shutil.rmtree(gone)


def stale(folder: Path, name: str, source: str) -> list[Path]:
    """Folders of work that nobody resumes: the file has changed, or their removal was interrupted."""
    found = []
    for other in sorted(folder.glob("*")) if folder.is_dir() else []:
        begun = other / "begun.json"
        is_changed = begun.exists() and json.loads(begun.read_text("utf-8"))["source"] == source
        if other.suffix == ".removed" or not begun.exists() or (other.name != name and is_changed):
            found.append(other)
    return found


def _by_file(rejections: pl.DataFrame) -> pl.DataFrame:
    """Rejections with the lines that the files have."""
    is_of_outcomes = pl.col("line") > OF_OUTCOMES
    line = pl.when(is_of_outcomes).then(pl.col("line") - OF_OUTCOMES).otherwise("line")
    reason = pl.when(is_of_outcomes).then(pl.concat_str(pl.lit("in the file of outcomes, "), "reason"))
    return rejections.select(_COLUMNS).with_columns(line.alias("line"), reason.otherwise("reason").alias("reason"))


def _slices(lines: pl.Series) -> Iterator[pl.Series]:
    return (lines.slice(start, 50_000) for start in range(0, len(lines), 50_000))
