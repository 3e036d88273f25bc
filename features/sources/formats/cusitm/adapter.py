"""CUSITM-like EDIFACT: item data from a post to its customs; syntax by pydifact, a neutral choice of segments.

One item runs from its ``GID`` to the next one; pieces begin with ``LIN``. The module `segments` of this package says
which segment holds which field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

import polars as pl
from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser, TokenIterator
from pydifact.tokenizer import Tokenizer

from features.parcel.problems import Rejection, SourceError
from features.sources.adapter import BATCH_ROWS, Batch, Content
from features.sources.columns.assemble import assemble_items
from features.sources.columns.cells import PARCEL
from features.sources.columns.message_fields import MAIL_CLASS_STREAM, message_field
from features.sources.formats.cusitm.segments import FIELDS, PIECES
from features.sources.formats.cusitm.writer import write_message
from features.sources.item import Item, Texts
from features.sources.syntax.edifact import Interchange, Service, open_interchange

Segment = list[list[str]]
_DATE_FORMATS: dict[str, Callable[[str], str]] = {
    "102": lambda text: f"{text[:4]}-{text[4:6]}-{text[6:8]}",
    "203": lambda text: f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:00Z",
    "204": lambda text: f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:14]}Z",
}


class Cusitm:
    """Items of an interchange."""

    name = "cusitm"
    says = (
        "CUSITM-like EDIFACT: items with parties, contents, values and routes, segment by segment; times to the second."
    )
    content = Content.PARCELS
    media_type = "application/edifact"
    suffix = ".edi"
    carries = frozenset(one.target.name for one in FIELDS)
    carries_in_pieces = frozenset(one.target.name for one in PIECES)

    def recognises(self, head: bytes) -> bool:
        """True for the service strings at the beginning."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"UNA", b"UNB"))

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read items; one that cannot be taken apart does not stop the others.

        Raises
        ------
        SourceError
            When the file is empty or does not begin like an interchange.
        """
        items = _items(open_interchange(file))
        first = True
        while (batch := list(islice(items, BATCH_ROWS))) or first:
            first = False
            yield assemble_items(batch, (*FIELDS, message_field("^stream", PARCEL["stream"])), PIECES)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write one interchange with one message."""
        write_message(rows, file)


@dataclass
class _Open:
    """The item that is being read."""

    line: int
    values: Texts = field(default_factory=dict)
    pieces: list[Texts] = field(default_factory=list)
    party: str = ""
    faults: list[Rejection] = field(default_factory=list)

    def keep(self, path: str, text: str) -> None:
        into = self.pieces[-1] if self.pieces else self.values
        if not text:
            return
        if path in into:
            self.faults.append(_fault(self.line, path, "segment_twice", "the segment is there twice.", "Send it once."))
        into[path] = text


def _items(interchange: Interchange) -> Iterator[Item]:
    """Items of an interchange; what breaks it ends in a last item that says why."""
    item: _Open | None = None
    for text in interchange.segments():
        tag = text[:3]
        if tag == "GID":
            if item is not None:
                yield _closed(item)
            item = _Open(line=item.line + 1 if item else 1)
        elif tag in {"UNT", "UNZ"} and item is not None:
            interchange.finish(tag)
        elif item is not None:
            _take(item, text, interchange.service)
    if item is not None:
        yield _closed(item)
    n_items = item.line if item else 0
    if interchange.fault and n_items == 0:
        raise SourceError(f"{interchange.fault} Send the whole interchange again.")
    if interchange.fault:
        remedy = "Send the rest again; items that were accepted are recognised."
        yield Item(
            line=n_items + 1, values={}, faults=(_fault(n_items + 1, "file", "truncated", interchange.fault, remedy),)
        )


def _closed(item: _Open) -> Item:
    if stream := MAIL_CLASS_STREAM.get(item.values.get("ATT.MC", "")):
        item.values["^stream"] = stream
    return Item(line=item.line, values=item.values, pieces=item.pieces, faults=tuple(item.faults))


def _fault(line: int, path: str, code: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=line, field=path, code=code, reason=reason, remedy=remedy)


def _take(item: _Open, text: str, service: Service) -> None:
    """Put what a segment says into the item."""
    try:
        _understand(item, _taken_apart(text, service), service)
    except (EDISyntaxError, ValueError, IndexError, TypeError):
        shown = text[:3] if text[:3].isalpha() else "segment"
        item.faults.append(
            _fault(item.line, shown, "segment", "the segment cannot be parsed.", "Check its separators.")
        )


def _taken_apart(text: str, service: Service) -> Segment:
    """Elements of a segment, its tag first, each a list of components."""
    characters = service.characters()
    tokens = TokenIterator(Tokenizer().get_tokens(text + service.terminator, characters))
    (elements,) = Parser(characters=characters).convert_tokens_to_raw_segments(tokens)
    return [element if isinstance(element, list) else [element] for element in elements]


def _part(segment: Segment, index: int, component: int = 0) -> str:
    """Component of an element; empty where the segment is shorter."""
    element = segment[index] if index < len(segment) else []
    return element[component] if component < len(element) else ""


def _understand(item: _Open, segment: Segment, service: Service) -> None:
    tag, qualifier = _part(segment, 0), _part(segment, 1)
    if tag == "LIN":
        item.pieces.append({})
    elif tag == "NAD":
        _party(item, segment)
    elif tag == "COM":
        item.keep(f"{item.party}.{_part(segment, 1, 1)}", qualifier)
    elif tag == "RFF":
        item.keep(f"{item.party}.VA" if qualifier == "VA" else f"RFF.{qualifier}", _part(segment, 1, 1))
    elif tag == "DTM":
        item.keep(f"DTM.{qualifier}", _DATE_FORMATS.get(_part(segment, 1, 2), str)(_part(segment, 1, 1)))
    elif tag == "MOA":
        item.keep(f"MOA.{qualifier}", service.number(_part(segment, 1, 1)))
        item.keep(f"MOA.{qualifier}.currency", _part(segment, 1, 2))
    elif tag == "MEA":
        item.keep(f"MEA.{qualifier}", service.number(_part(segment, 3, 1)))
    elif tag == "GIS":
        item.keep("GIS", qualifier)
    elif tag == "FTX":
        item.keep(f"FTX.{qualifier}", "".join(segment[4]))
    elif tag == "PIA":
        item.keep("PIA.HS", _part(segment, 2))
    elif tag == "QTY":
        item.keep(f"QTY.{qualifier}", _part(segment, 1, 1))
    elif tag in {"LOC", "ATT"}:
        item.keep(f"{tag}.{qualifier}", _part(segment, 2))
    else:
        item.keep(tag if tag.isalnum() else "unknown", "not understood")


def _party(item: _Open, segment: Segment) -> None:
    item.party = f"NAD.{_part(segment, 1)}"
    positions = {
        "account": (2, 0),
        "street": (5, 0),
        "number": (5, 1),
        "additional": (5, 2),
        "po_box": (5, 3),
        "city": (6, 0),
        "subdivision": (7, 0),
        "postcode": (8, 0),
        "country": (9, 0),
    }
    item.keep(f"{item.party}.name", "".join(segment[4]) if len(segment) > 4 else "")
    for part, position in positions.items():
        item.keep(f"{item.party}.{part}", _part(segment, *position))


ADAPTERS = (Cusitm(),)
