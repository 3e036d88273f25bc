"""Paths of the elements of an XML message: what is an item, one of its pieces, or given around the items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from features.sources.item import Texts
from features.sources.syntax.identify import SOAP, local_name

OUTSIDE, IN_ITEM, IN_PIECE = "^", "", "\x00"
"""States: around the items, in an item, in one of its pieces; paths of elements begin there."""
_ENVELOPE, _SKIPPED = "^^", "^^skipped"
_MOST_PATHS = 10_000


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

    def holds_item(self, stack: list[str]) -> None:
        """An item begins in the elements of `stack`: what they gave so far is theirs."""
        for path in stack:
            if path not in self._holders and path != OUTSIDE and not path.startswith(_ENVELOPE):
                self._holders.add(path)
                texts = self.texts
                mine = {name: texts.pop(name) for name in list(texts) if name.startswith(f"{path}/")}
                self._open.append((path, mine))

    def seen(self) -> Callable[[], Texts]:
        """Texts around the item that ends now, with those that will have been given behind it."""
        scopes = [texts for _, texts in self._open]
        return lambda: {path: text for texts in scopes for path, text in texts.items()}


class Paths(dict[tuple[str | None, str], str]):
    """Path of an element by the path of its parent and its tag, worked out once."""

    def __init__(self, shape: Shape) -> None:
        """Nothing is worked out yet."""
        super().__init__()
        self.keyed: dict[str, tuple[str, str]] = {}
        self._shape = shape

    def __missing__(self, key: tuple[str | None, str]) -> str:
        """Work the path out, and remember it, within reason: a hostile file may invent any number of names."""
        path = self._worked_out(*key)
        if len(self) < _MOST_PATHS:
            self[key] = path
        return path

    def _worked_out(self, parent: str | None, tag: str) -> str:
        name = local_name(tag)
        shape = self._shape
        if parent is None or parent.startswith(_ENVELOPE):
            return self._of_root(parent, name)
        if parent.startswith("^"):
            path = f"^{name}" if parent == OUTSIDE else f"{parent}/{name}"
            return IN_ITEM if _is_one_of(shape.items, path) else path
        path = name if parent in (IN_ITEM, IN_PIECE) else f"{parent}/{name}"
        if _is_one_of(shape.pieces, path) and parent != IN_PIECE and not parent.startswith(IN_PIECE + "/"):
            return IN_PIECE
        return self._with_kind(path, name)

    def _of_root(self, parent: str | None, name: str) -> str:
        if name in SOAP if parent is None else name == "Body":
            return _ENVELOPE
        if parent == _SKIPPED or (parent == _ENVELOPE and name == "Header"):
            return _SKIPPED
        if self._shape.root and name not in self._shape.root:
            raise Refused(
                "wrong_root", f"the root element is not {' or '.join(self._shape.root)}.", "Check the format."
            )
        return IN_ITEM if name in self._shape.items else OUTSIDE  # a message may be a single item

    def _with_kind(self, path: str, name: str) -> str:
        if name in self._shape.keyed:
            kind, content = self._shape.keyed[name]
            self.keyed[path] = (f"{path}/{kind}", f"{path}/{content}")
        return path


def attributes_of(path: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Attributes of an element by path, as in ``Weight/@unit``; what XML itself needs and empty ones left out."""
    begin = f"{path}@" if path in (IN_ITEM, OUTSIDE) else "@" if path == IN_PIECE else f"{path}/@"
    for name, value in attributes.items():
        if not name.startswith(("xmlns", "xsi:", "xml:")) and value and not value.isspace():
            yield f"{begin}{local_name(name)}", value


def _is_one_of(wanted: tuple[str, ...], path: str) -> bool:
    bare = path.removeprefix("^")
    return any(bare == one or bare.endswith(f"/{one}") for one in wanted)
