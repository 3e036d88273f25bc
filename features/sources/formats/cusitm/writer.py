"""Write CUSITM-like EDIFACT; `features.sources.formats.cusitm` reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import polars as pl

from features.parcel.schema import PIECE_SCHEMA
from features.sources.columns.message_fields import MessageField
from features.sources.formats.cusitm.segments import FIELDS, PIECES
from features.sources.syntax.edifact import Service

_SERVICE = Service()


def write_message(rows: pl.DataFrame, file: BinaryIO) -> None:
    """Write one interchange with one message: an item per row, times to the second."""
    texts = rows.select(one.text().alias(one.path) for one in FIELDS)
    pieces = [_piece_texts(row, PIECES) for row in rows["pieces"].to_list()] if "pieces" in rows.columns else []
    file.write(b"UNA:+.? '\nUNB+UNOW:4+POST+CUSTOMS+261102:0815+1'\nUNH+1+CUSITM:D:00A:UN'\n")
    n_segments = 2
    for index, item in enumerate(texts.iter_rows(named=True)):
        lines = [f"GID+{index + 1}", *_item(item), *_pieces(pieces[index] if pieces else [])]
        n_segments += len(lines)
        file.write("".join(f"{line}'\n" for line in lines).encode())
    file.write(f"UNT+{n_segments}+1'\nUNZ+1+1'\n".encode())


def _piece_texts(pieces: list[dict[str, Any]] | None, fields: tuple[MessageField, ...]) -> list[dict[str, str | None]]:
    if not pieces:
        return []
    table = pl.DataFrame(pieces, schema=PIECE_SCHEMA.to_schema())
    return table.select(one.text().alias(one.path) for one in fields).to_dicts()


def _pieces(pieces: list[dict[str, str | None]]) -> Iterator[str]:
    for number, piece in enumerate(pieces, start=1):
        yield f"LIN+{number}"
        yield from _segments(piece)


def _item(item: dict[str, str | None]) -> Iterator[str]:
    yield from _segments({path: text for path, text in item.items() if not path.startswith("NAD.")})
    for code in ("CZ", "CN"):
        party = {path.split(".")[2]: text or "" for path, text in item.items() if path.startswith(f"NAD.{code}.")}
        if any(party.values()):
            yield from _party(code, {part: _SERVICE.released(text) for part, text in party.items()})


def _party(code: str, of: dict[str, str]) -> Iterator[str]:
    parts = [of["street"], of["number"], of["additional"], of["po_box"]]
    while parts and not parts[-1]:
        parts.pop()
    street = ":".join(parts)
    yield "+".join(
        (
            "NAD",
            code,
            of["account"],
            "",
            of["name"],
            street,
            of["city"],
            of["subdivision"],
            of["postcode"],
            of["country"],
        )
    )
    for kind in ("TE", "EM"):
        if of[kind]:
            yield f"COM+{of[kind]}:{kind}"
    if of["VA"]:
        yield f"RFF+VA:{of['VA']}"


def _segments(item: dict[str, str | None]) -> Iterator[str]:
    for path, text in item.items():
        if text is not None and not path.endswith(".currency"):
            yield _segment(path, _SERVICE.released(text), item.get(f"{path}.currency"))
        elif text is not None and item.get(path.removesuffix(".currency")) is None:
            yield f"MOA+{path.split('.')[1]}::{text}"


def _segment(path: str, text: str, currency: str | None) -> str:
    tag, _, qualifier = path.partition(".")
    if tag == "DTM":
        digits = "".join(mark for mark in text if mark.isdigit())[:14]
        return f"DTM+{qualifier}:{digits}UTC:304"
    if tag == "MOA":
        return f"MOA+{qualifier}:{text}" + (f":{currency}" if currency else "")
    if tag == "MEA":
        return f"MEA+{qualifier}++{'CMT' if qualifier in {'LN', 'WD', 'HT'} else 'KGM'}:{text}"
    if tag == "FTX":
        return f"FTX+{qualifier}+++{text}"
    if tag == "PIA":
        return f"PIA+5+{text}:HS"
    if tag == "GIS":
        return f"GIS+{text}"
    separator = "+" if tag in {"LOC", "ATT"} else ":"
    return f"{tag}+{qualifier}{separator}{text}"
