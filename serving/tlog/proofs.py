"""Proofs as texts that whoever has the public key of the log can check offline.

An inclusion proof is a C2SP tlog-proof whose line ``extra`` holds the entry itself, so that the file says what it
proves. A consistency proof is the request that a C2SP tlog-witness takes: the size before, hashes, the checkpoint.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from features.parcel.problems import StoreError
from serving.tlog.checkpoints import Checkpoint, read_checkpoint
from serving.tlog.entries import Entry, entry_of
from serving.tlog.tree import is_consistent, is_included

_HEAD = "c2sp.org/tlog-proof@v1"
_PROOF = re.compile(rf"{re.escape(_HEAD)}\nextra (\S+)\nindex (0|[1-9][0-9]{{0,17}})\n((?:\S+\n){{0,63}})\n")
_REQUEST = re.compile(r"old (0|[1-9][0-9]{0,17})\n((?:\S+\n){0,63})\n")


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """An entry, and the hashes that lead from it to the root of a checkpoint."""

    entry: Entry
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    def text(self) -> str:
        """As a C2SP tlog-proof."""
        extra = base64.b64encode(self.entry.canonical()).decode()
        head = f"{_HEAD}\nextra {extra}\nindex {self.entry.number - 1}\n"
        return head + _written(self.hashes) + "\n" + self.checkpoint.text()

    @property
    def holds(self) -> bool:
        """Whether the entry is in the tree of the checkpoint; the signature of that is another question."""
        index, of = self.entry.number - 1, self.checkpoint
        return is_included(self.entry.leaf(), index, of.size, self.hashes, of.root)


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """Hashes which show that the tree of a checkpoint continues the one of `before` leaves."""

    before: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    def text(self) -> str:
        """As a request to a C2SP tlog-witness."""
        return f"old {self.before}\n{_written(self.hashes)}\n{self.checkpoint.text()}"

    def continues(self, earlier: Checkpoint) -> bool:
        """Whether the tree begins with that of an earlier checkpoint of the same log."""
        of = self.checkpoint
        is_same = (earlier.origin, earlier.size) == (of.origin, self.before)
        return is_same and is_consistent(self.before, of.size, earlier.root, of.root, self.hashes)


def read_inclusion(text: str, what: str) -> Inclusion:
    """Inclusion proof in a text; whether it holds, and who signed, is not checked.

    Raises
    ------
    StoreError
        When it is none; `what` names where it came from.
    """
    found = _PROOF.match(text)
    if found is None:
        raise StoreError(f"{what} is no proof. Give one as `parcel-risk audit prove` writes it.")
    (extra,), hashes = _decoded([found[1]], what), _decoded(found[3].split(), what)
    entry, checkpoint = entry_of(extra), read_checkpoint(text[found.end() :], what)
    if entry.number - 1 != int(found[2]):
        raise StoreError(f"{what}: the proof is for another entry than the one that it holds. Ask for it again.")
    return Inclusion(entry=entry, hashes=hashes, checkpoint=checkpoint)


def read_consistency(text: str, what: str) -> Consistency:
    """Consistency proof in a text; whether it holds, and who signed, is not checked.

    Raises
    ------
    StoreError
        When it is none; `what` names where it came from.
    """
    found = _REQUEST.match(text)
    if found is None:
        raise StoreError(f"{what} is no checkpoint with a proof. Give what `audit checkpoint --since` wrote.")
    hashes, checkpoint = _decoded(found[2].split(), what), read_checkpoint(text[found.end() :], what)
    return Consistency(before=int(found[1]), hashes=hashes, checkpoint=checkpoint)


def is_proof(text: str) -> bool:
    """Whether a text is an inclusion proof rather than a checkpoint."""
    return text.startswith(_HEAD)


def is_request(text: str) -> bool:
    """Whether a text is a checkpoint with a consistency proof rather than one alone."""
    return text.startswith("old ")


def _written(hashes: tuple[bytes, ...]) -> str:
    return "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)


def _decoded(lines: list[str], what: str) -> tuple[bytes, ...]:
    try:
        return tuple(base64.b64decode(line, validate=True) for line in lines)
    except ValueError as error:
        raise StoreError(f"{what}: a line of the proof is not in base64. Ask for it again.") from error
