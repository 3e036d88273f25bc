"""Paths of the elements of an XML message: what is an item, one of its pieces, or given around the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from features.sources.item import Texts
from features.sources.syntax.identify import SOAP, local_name

OUTSIDE, IN_ITEM, IN_PIECE = "^", "", "\x00"
"""States: around the items, in an item, in one of its pieces; paths of elements begin there."""
_ENVELOPE, _SKIPPED = "^^", "^^skipped"
MAX_DEPTH = 16
_MOST_PATHS = 10_000

PLAIN, AROUND, ITEM, PIECE, KEYED = range(5)
"""Kinds of elements; most are plain: they hold a text of an item or of a piece. Numbers, which are quick to compare."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a message is built.

    Attributes
    ----------
    root:
        Names of the root element, whatever its namespace; any when there is none. An envelope around it is unwrapped.
    item, piece:
        Name of an element wherever it occurs, or the end of its path.
    others:
        Names of items, and of pieces, that older messages use.
    keyed:
        Elements that say in one child what they are and in another what they hold: name, kind and content. Such an
        element becomes a path of its own, as in ``Communication[TE]``.
    """

    root: tuple[str, ...]
    item: str
    piece: str = ""
    other_items: tuple[str, ...] = ()
    keyed: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def items(self) -> tuple[str, ...]:
        """Names or paths of items."""
        return (self.item, *self.other_items)

    @property
    def pieces(self) -> tuple[str, ...]:
        """Names or paths of pieces."""
        return (self.piece,) if self.piece else ()


class Refused(Exception):
    """A message must not be read on."""

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        """Say why."""
        super().__init__(code)
        self.code, self.reason, self.remedy = code, reason, remedy


class Around:
    """Texts around the items, by the element that holds items in which they are given."""

    def __init__(self) -> None:
        """Begin outside of everything."""
        self._holders: set[str] = set()
        self._open: list[tuple[str, Texts]] = [(OUTSIDE, {})]
        self._seen: tuple[Texts, ...] = ()

    @property
    def texts(self) -> Texts:
        """Texts of the innermost open element that holds items."""
        return self._open[-1][1]

    def opened(self, path: str) -> Texts:
        """An element begins; another one of the same path before it is forgotten."""
        if path in self._holders:
            self._open.append((path, {}))
        return self.texts

    def closed(self, path: str) -> Texts:
        """An element ends."""
        if len(self._open) > 1 and self._open[-1][0] == path:
            self._open.pop()
        return self.texts

    def holds_item(self, stack: list[Step]) -> None:
        """An item begins in the elements of `stack`: what they gave so far is theirs."""
        for path in (one.path for one in stack):
            if path not in self._holders and path != OUTSIDE and not path.startswith(_ENVELOPE):
                self._holders.add(path)
                texts = self.texts
                mine = {name: texts.pop(name) for name in list(texts) if name.startswith(f"{path}/")}
                self._open.append((path, mine))

    def seen(self) -> tuple[Texts, ...]:
        """Texts around the item that ends now, outermost first; what will be given behind it comes into them."""
        if len(self._seen) != len(self._open) or self._seen[-1] is not self.texts:
            self._seen = tuple(texts for _, texts in self._open)
        return self._seen


class Step(dict[str, "Step"]):
    """An element by its path, and those within it by their tags, each worked out once.

    Attributes
    ----------
    path, kind:
        Where the element is, and what.
    key:
        Paths of the children that say what a keyed element is and what it holds.
    """

    __slots__ = ("_depth", "_known", "_shape", "key", "kind", "path")

    def __init__(self, shape: Shape, path: str = _ENVELOPE, depth: int = -1, known: list[str] | None = None) -> None:
        """Begin outside of the root element, with nothing worked out."""
        super().__init__()
        self.path, self._shape, self._depth = path, shape, depth
        self._known = [] if known is None else known
        self.kind, self.key = PLAIN, ("", "")
        if path.startswith(OUTSIDE):
            self.kind = AROUND
        elif path in (IN_ITEM, IN_PIECE):
            self.kind = PIECE if path else ITEM
        elif (name := path.rpartition("/")[2]) in shape.keyed:
            kind, content = shape.keyed[name]
            self.kind, self.key = KEYED, (f"{path}/{kind}", f"{path}/{content}")

    def __missing__(self, tag: str) -> Step:
        """Work a step out, and remember it, within reason: a hostile file may invent any number of names.

        Raises
        ------
        Refused
            When it leads too deep, or the root element is another one.
        """
        if self._depth >= MAX_DEPTH:
            raise Refused("nested", "the elements are nested too deeply.", "Check the format.")
        step = Step(self._shape, self._inside(local_name(tag)), self._depth + 1, self._known)
        if len(self._known) < _MOST_PATHS:
            self._known.append(step.path)
            self[tag] = step
        return step

    def _inside(self, name: str) -> str:
        parent, shape = self.path, self._shape
        if parent.startswith(_ENVELOPE):
            return self._of_root(name)
        if parent.startswith(OUTSIDE):
            path = f"^{name}" if parent == OUTSIDE else f"{parent}/{name}"
            return IN_ITEM if _is_one_of(shape.items, path) else path
        path = name if parent in (IN_ITEM, IN_PIECE) else f"{parent}/{name}"
        is_piece = _is_one_of(shape.pieces, path) and parent != IN_PIECE and not parent.startswith(IN_PIECE + "/")
        return IN_PIECE if is_piece else path

    def _of_root(self, name: str) -> str:
        if name in SOAP if self._depth < 0 else name == "Body":
            return _ENVELOPE
        if self.path == _SKIPPED or (self._depth >= 0 and name == "Header"):
            return _SKIPPED
        if self._shape.root and name not in self._shape.root:
            raise Refused(
                "wrong_root", f"the root element is not {' or '.join(self._shape.root)}.", "Check the format."
            )
        return IN_ITEM if name in self._shape.items else OUTSIDE  # a message may be a single item


def attributes_of(path: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Attributes of an element by path, as in ``Weight/@unit``; what XML itself needs and empty ones left out."""
    begin = f"{path}@" if path in (IN_ITEM, OUTSIDE) else "@" if path == IN_PIECE else f"{path}/@"
    for name, value in attributes.items():
        if not name.startswith(("xmlns", "xsi:", "xml:")) and value and not value.isspace():
            yield f"{begin}{local_name(name)}", value


def _is_one_of(wanted: tuple[str, ...], path: str) -> bool:
    bare = path.removeprefix("^")
    return any(bare == one or bare.endswith(f"/{one}") for one in wanted)
