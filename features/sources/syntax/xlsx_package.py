"""Look an XLSX file over before it is loaded: nothing in it may unpack, or spread, beyond what fits into memory."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from features.parcel.problems import SourceError

MAX_UNPACKED_BYTES = 1 << 29
MAX_RATIO = 200
MAX_CELLS = 10_000_000
"""Cells of the rectangle that holds every cell of a sheet: a reader makes room for all of them."""
_CELL = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_CHUNK_BYTES = 1 << 18
_KEPT_BYTES = 32


def checked_package(file: BinaryIO) -> None:
    """Go through every part of the file as a stream; leave the file at its beginning.

    Raises
    ------
    SourceError
        When it is no such package, is encrypted, or would take more memory than a manifest may.
    """
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            if not any(entry.filename == "[Content_Types].xml" for entry in entries):
                raise SourceError(
                    "this is a zip file, but no workbook. Send the manifest itself, not an archive of it."
                )
            total = 0
            for entry in entries:
                total += _checked(file, entry, MAX_UNPACKED_BYTES - total)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise SourceError("the workbook is damaged or incomplete. Save it again as XLSX, or as CSV.") from error
    file.seek(0)


def _checked(file: BinaryIO, entry: zipfile.ZipInfo, limit: int) -> int:
    """Size of an entry, counted and not believed."""
    is_sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
    n_bytes, last_column, last_row, rest = 0, 0, 0, b""
    for chunk in _unpacked(file, entry):
        n_bytes += len(chunk)
        if n_bytes > limit or n_bytes > MAX_RATIO * max(entry.compress_size, 1 << 14):
            raise SourceError("the workbook unpacks to more than a manifest may. Split it, or send CSV.")
        if is_sheet:
            for column, row in _CELL.findall(rest + chunk):
                last_column, last_row = max(last_column, _index(column)), max(last_row, int(row))
            rest = chunk[-_KEPT_BYTES:]
            if last_column * last_row > MAX_CELLS:
                raise SourceError(
                    f"a sheet reaches to row {last_row:,} and column {last_column:,}. Delete the cells far outside the "
                    "table, or send CSV."
                )
    return n_bytes


def _unpacked(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotImplementedError
    file.seek(entry.header_offset)
    head = file.read(30)
    if head[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    left = entry.compress_size
    while left > 0 and (packed := file.read(min(left, _CHUNK_BYTES))):
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        while packed:
            yield inflate.decompress(packed, _CHUNK_BYTES)
            packed = inflate.unconsumed_tail


def _index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index
