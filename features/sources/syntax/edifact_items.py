"""Take the items of an EDIFACT message apart into texts by segment and qualifier, whatever the message is.

A path is the tag of a segment and its qualifier, as in ``MOA.64``; ``MOA.64.currency`` and ``MEA.WT.unit`` go with
it, ``NAD.CZ.city`` is a part of a party. What is given before the first item begins with ``^``, as in ``^DTM.137``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser, TokenIterator
from pydifact.tokenizer import Tokenizer

from features.parcel.problems import Rejection, SourceError
from features.sources.item import Item, Texts
from features.sources.syntax.edifact import Interchange, Service

Segment = list[list[str]]
_PARTY_PARTS = {
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


def _iso(text: str, n_time: int = 0, zone: str = "") -> str:
    """Day and time of so many digits as ISO 8601."""
    day = f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    time = text[8 : 8 + n_time].ljust(6, "0")
    return f"{day}T{time[:2]}:{time[2:4]}:{time[4:6]}{zone}" if n_time else day


def _zone(text: str) -> str:
    return {"UTC": "Z", "GMT": "Z"}.get(text.upper(), text)


_DATE_FORMATS: dict[str, Callable[[str], str]] = {
    "101": lambda text: _iso("20" + text),
    "102": _iso,
    "201": lambda text: _iso("20" + text, 4),
    "203": lambda text: _iso(text, 4),
    "204": lambda text: _iso(text, 6),
    "205": lambda text: _iso(text, 4, text[12:]),
    "303": lambda text: _iso(text, 4, _zone(text[12:])),
    "304": lambda text: _iso(text, 6, _zone(text[14:])),
}
"""Formats of dates (code list 2379); a time without a zone stays without one."""


@dataclass(frozen=True, kw_only=True)
class EdifactShape:
    """How a message is built.

    Attributes
    ----------
    message:
        Its type in UNH; any when empty.
    item, piece:
        Tags of the segments with which an item and one of its pieces begin.
    """

    message: str
    item: str
    piece: str = ""


@dataclass
class _Open:
    """The item that is being read; number 0 stands for what is given before the first one."""

    line: int = 0
    values: Texts = field(default_factory=dict)
    pieces: list[Texts] = field(default_factory=list)
    party: str = ""
    faults: list[Rejection] = field(default_factory=list)
    repeated: dict[str, int] = field(default_factory=dict)

    def keep(self, path: str, text: str) -> None:
        """Keep the first text of a path, and count others."""
        into = self.pieces[-1] if self.pieces else self.values
        if path not in into:
            if text:
                into[path] = text
        elif text not in ("", into[path]):
            self.repeated[path] = self.repeated.get(path, 1) + 1

    def closed(self, before: _Open) -> Item:
        """The item with what was given before all items of its message."""
        around = {f"^{path}": text for path, text in before.values.items()}
        return Item(
            line=self.line,
            values=around | self.values,
            pieces=self.pieces,
            faults=tuple(self.faults),
            repeated=self.repeated,
        )


def items(interchange: Interchange, shape: EdifactShape) -> Iterator[Item]:
    """Items of an interchange; what breaks it ends in a last item that says why.

    Raises
    ------
    SourceError
        When it breaks before its first item, or is another message.
    """
    before, item, n_items = _Open(), None, 0
    for text in interchange.segments():
        tag = text[:3]
        if tag in {"UNH", shape.item} and item is not None:
            yield item.closed(before)
            item = None
        if tag == "UNH":
            _check_message(_taken_apart(text, interchange.service), shape)
            before = _Open()
        elif tag == shape.item:
            n_items += 1
            item = _Open(line=n_items)
            _take(item, text, interchange.service, shape)
        elif tag in {"UNT", "UNZ"}:
            interchange.finish(tag)
        elif tag != "UNB":
            _take(item or before, text, interchange.service, shape)
    if item is not None:
        yield item.closed(before)
    if interchange.fault and n_items == 0:
        raise SourceError(f"{interchange.fault} Send the whole interchange again.")
    if interchange.fault:
        remedy = "Send the rest again; items that were accepted are recognised."
        fault = Rejection(line=n_items + 1, field="file", code="truncated", reason=interchange.fault, remedy=remedy)
        yield Item(line=n_items + 1, values={}, faults=(fault,))


def _check_message(segment: Segment, shape: EdifactShape) -> None:
    given = _part(segment, 2)
    if shape.message and given and given != shape.message:
        version = f" {_part(segment, 2, 1)}.{_part(segment, 2, 2)}".rstrip(". ")
        raise SourceError(
            f"this is {given[:6]}{version[:8]}, not {shape.message}. Send it under its own content type, or leave the "
            "content type open (application/octet-stream); `parcel-risk map FILE` finds or proposes a mapping for it."
        )


def _take(item: _Open, text: str, service: Service, shape: EdifactShape) -> None:
    """Put what a segment says into the item."""
    try:
        _understand(item, _taken_apart(text, service), service, shape)
    except (EDISyntaxError, ValueError, IndexError, TypeError):
        shown = text[:3] if text[:3].isalpha() else "segment"
        reason = "the segment cannot be parsed."
        fault = Rejection(line=item.line, field=shown, code="segment", reason=reason, remedy="Check its separators.")
        item.faults.append(fault)


def _taken_apart(text: str, service: Service) -> Segment:
    """Elements of a segment, its tag first, each a list of components; one without released marks is simply cut."""
    if service.release not in text and "\n" not in text and "\r" not in text:
        return [element.split(service.component) for element in text.split(service.data)]
    characters = service.characters()
    tokens = TokenIterator(Tokenizer().get_tokens(text + service.terminator, characters))
    (elements,) = Parser(characters=characters).convert_tokens_to_raw_segments(tokens)
    return [element if isinstance(element, list) else [element] for element in elements]


def _part(segment: Segment, index: int, component: int = 0) -> str:
    """Component of an element; empty where the segment is shorter."""
    element = segment[index] if index < len(segment) else []
    return element[component] if component < len(element) else ""


def _understand(item: _Open, segment: Segment, service: Service, shape: EdifactShape) -> None:
    tag = _part(segment, 0)
    if tag == shape.piece:
        item.pieces.append({})
    if tag in _READERS:
        _READERS[tag](item, segment, service)
    else:
        _other(item, segment, is_numbered=tag in (shape.item, shape.piece))


_FULL = (35, 70, 256, 512)
"""Lengths of components of names and texts in the versions of the standard: a word may continue behind a full one."""


def _joined(components: list[str]) -> str:
    """Components of one text: a full one continues in the next, behind a shorter one there is a blank."""
    return "".join(one if len(one) in _FULL else f"{one} " for one in components).strip()


def _party(item: _Open, segment: Segment, _service: Service) -> None:
    item.party = f"NAD.{_part(segment, 1)}"
    name, unstructured = (segment[index] if index < len(segment) else [] for index in (4, 3))
    item.keep(f"{item.party}.name", _joined(name) or (unstructured[0] if unstructured else ""))
    item.keep(f"{item.party}.lines", " ".join(unstructured[1:]))
    for part, position in _PARTY_PARTS.items():
        item.keep(f"{item.party}.{part}", _part(segment, *position))


def _contact(item: _Open, segment: Segment, _service: Service) -> None:
    item.keep(f"{item.party}.{_part(segment, 1, 1)}", _part(segment, 1))


def _reference(item: _Open, segment: Segment, _service: Service) -> None:
    qualifier = _part(segment, 1)
    item.keep(f"{item.party}.VA" if qualifier == "VA" else f"RFF.{qualifier}", _part(segment, 1, 1))


def _date(item: _Open, segment: Segment, _service: Service) -> None:
    item.keep(f"DTM.{_part(segment, 1)}", _DATE_FORMATS.get(_part(segment, 1, 2), str)(_part(segment, 1, 1)))


def _amount(item: _Open, segment: Segment, service: Service) -> None:
    path = f"MOA.{_part(segment, 1)}"
    item.keep(path, service.number(_part(segment, 1, 1)))
    item.keep(f"{path}.currency", _part(segment, 1, 2))


def _measure(item: _Open, segment: Segment, service: Service) -> None:
    attribute = _part(segment, 2)
    path = f"MEA.{_part(segment, 1)}" + (f".{attribute}" if attribute else "")
    item.keep(path, service.number(_part(segment, 3, 1)))
    item.keep(f"{path}.unit", _part(segment, 3))


def _count(item: _Open, segment: Segment, service: Service) -> None:
    path = f"{_part(segment, 0)}.{_part(segment, 1)}"
    item.keep(path, service.number(_part(segment, 1, 1)))
    item.keep(f"{path}.unit", _part(segment, 1, 2))


def _free_text(item: _Open, segment: Segment, _service: Service) -> None:
    item.keep(f"FTX.{_part(segment, 1)}", _joined(segment[4]))


def _goods_code(item: _Open, segment: Segment, _service: Service) -> None:
    item.keep("PIA.HS", _part(segment, 2))


def _status(item: _Open, segment: Segment, _service: Service) -> None:
    item.keep("GIS", _part(segment, 1))


def _qualified(item: _Open, segment: Segment, _service: Service) -> None:
    item.keep(f"{_part(segment, 0)}.{_part(segment, 1)}", _part(segment, 2))


def _other(item: _Open, segment: Segment, *, is_numbered: bool) -> None:
    """A segment that is not known: its elements by their number, so that a mapping can name them."""
    tag = _part(segment, 0)
    shown = tag if tag.isalnum() else "unknown"
    if not is_numbered:
        item.keep(shown, _part(segment, 1) or "given")
    for number, element in enumerate(segment[1:], start=1):
        for component, text in enumerate(element, start=1):
            if number > 1 or component > 1:
                item.keep(f"{shown}.{number}" + (f".{component}" if component > 1 else ""), text)


_READERS: dict[str, Callable[[_Open, Segment, Service], None]] = {
    "NAD": _party,
    "COM": _contact,
    "RFF": _reference,
    "DTM": _date,
    "MOA": _amount,
    "MEA": _measure,
    "QTY": _count,
    "CNT": _count,
    "FTX": _free_text,
    "PIA": _goods_code,
    "GIS": _status,
    "LOC": _qualified,
    "ATT": _qualified,
}
