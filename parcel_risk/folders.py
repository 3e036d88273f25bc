"""Work through a folder of manifests, once or as files arrive: backfill, or lodge live for an operator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from features.parcel.doubted import Doubted, counted
from features.parcel.problems import ParcelRiskError
from features.sources import Adapter
from features.sources.formats.mapped import Mapped
from features.sources.registry import mapping_named, recognise_file
from parcel_risk.console import err, out
from parcel_risk.manifest_files import show_doubts
from serving.installation import Installation
from serving.intake.parts import parts
from serving.intake.submissions import accept
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Client, Role

DONE, FAILED = "done", "failed"
"""Folders into which files go when they were worked through, or cannot be."""
_POLL_S = 1.0
_REASONS = 3


@dataclass(frozen=True, kw_only=True)
class LodgedFile:
    """What became of a file that was lodged; the first reasons why rows were rejected stand for all."""

    format: str
    n_rows: int
    n_rejected: int
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubted, ...] = ()


def manifests(folder: Path) -> list[Path]:
    """Files directly in `folder`, hidden and unfinished ones left out, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and path.suffix not in {".part", ".tmp", ".reason"}
    )


def arriving(folder: Path, *, watch: bool) -> Iterator[Path]:
    """Files of `folder`; with `watch` also those that arrive later, once they have stopped growing."""
    sizes: dict[Path, int] = {}
    while True:
        for path in manifests(folder):
            size = path.stat().st_size
            if not watch or sizes.pop(path, None) == size:
                yield path
            else:
                sizes[path] = size
        if not watch:
            return
        time.sleep(_POLL_S)


def work_through(folder: Path, work: Callable[[Path], object], *, watch: bool) -> int:
    """Do `work` on every file and move it away; return how many failed.

    A file that a crash interrupted is still there and is worked through again: what was taken is recognised.
    """
    n_failed = 0
    for path in arriving(folder, watch=watch):
        try:
            work(path)
            _moved(path, DONE)
        except ParcelRiskError as error:
            n_failed += 1
            err.print(f"{path.name}: {error}", markup=False, soft_wrap=True)
            moved = _moved(path, FAILED)
            moved.with_name(f"{moved.name}.reason").write_text(f"{error}\n", "utf-8")
    return n_failed


def _moved(path: Path, to: str) -> Path:
    folder = path.parent / to
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    n = 1
    while target.exists():
        target = folder / f"{path.stem}-{n}{path.suffix}"
        n += 1
    return path.rename(target)


def lodge_folder(settings: Settings, folder: Path, operator: str, mapping: Path | None = None, *, watch: bool) -> int:
    """Lodge the files of a folder for `operator` live, like the API does; return how many failed."""
    adapter = Mapped(mapping_named(str(mapping))) if mapping else None
    office = Installation.open(settings).office()
    client = Client(client_id="command", role=Role.OPERATOR, operator=operator)
    try:
        return work_through(folder, lambda path: _said(path, lodge_file(office, path, client, adapter)), watch=watch)
    finally:
        office.close()


def lodge_file(office: Office, path: Path, client: Client, known: Adapter | None = None) -> LodgedFile:
    """Lodge one file of any format, or of the format that is known."""
    n_rows = n_rejected = 0
    reasons: list[str] = []
    notes: dict[str, None] = {}
    doubts: tuple[Doubted, ...] = ()
    with path.open("rb") as file:
        adapter = known or recognise_file(path.name, file)
        for part in parts(adapter, file, reference=office.reference):
            with office.writer.transaction() as transaction:
                done = accept(office, transaction, part, client, adapter.name, content=adapter.content)
            n_rows += done.n_rows
            n_rejected += done.n_rejected
            reasons += map(str, done.rejections[: _REASONS - len(reasons)])
            notes |= dict.fromkeys(part.notes)
            doubts = counted(part.doubts, doubts)
    return LodgedFile(
        format=adapter.name,
        n_rows=n_rows,
        n_rejected=n_rejected,
        reasons=tuple(reasons),
        notes=tuple(notes),
        doubts=doubts,
    )


def _said(path: Path, lodged: LodgedFile) -> None:
    if 0 < lodged.n_rows <= lodged.n_rejected:
        raise ParcelRiskError(
            f"none of the {lodged.n_rows:,} rows could be used; they are in quarantine. {' '.join(lodged.reasons)}"
        )
    for note in lodged.notes:
        out.print(f"{path.name}: {note}", markup=False, soft_wrap=True)
    out.print(
        f"{path.name} ({lodged.format}): {lodged.n_rows:,} rows, {lodged.n_rejected:,} of them in quarantine",
        markup=False,
        soft_wrap=True,
    )
    show_doubts(lodged.doubts)
