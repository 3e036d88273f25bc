"""The process that reads a large file: `python -m serving.intake.reader`, started by `serving.intake.reader_process`.

Standard input says what to read; it writes the parts to standard output, ready to be scored. Whoever started
it may end at any time, and so may it: the end of a pipe ends the other side, and parts are always the same ones.
"""

from __future__ import annotations

import signal
import struct
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import msgpack
from polars.exceptions import PanicException

from features.identity import IdentityKey
from features.parcel.problems import ParcelRiskError
from features.parcel.reference import reference_of
from features.sources.reading import Reading
from serving.intake.formats import Formats
from serving.intake.parts import parts
from serving.intake.ready import Ready, packed
from serving.intake.spool import opened

PART, END, REFUSED, FAILED = range(4)
"""What a frame holds: a part, nothing, why the file cannot be read, or the name of an error that nobody expected."""
HEAD = struct.Struct("<BI")
"""In front of each frame: what it holds, and its length."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be read; plain values. `skip` parts are known already. It holds secrets and is never shown."""

    path: str
    encoding: str | None
    max_bytes: int
    format: str
    mappings: str | None
    operator: str
    skip: int
    reference: dict[str, str]
    file_key: bytes
    identity: bytes
    digest: bytes

    def packed(self) -> bytes:
        """The order as bytes."""
        return bytes(msgpack.packb(asdict(self)))


def main() -> None:
    """Read what is ordered."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for who waits, and finishes a part
    order = Order(**msgpack.unpackb(sys.stdin.buffer.read()))
    out = sys.stdout.buffer
    try:
        _read(order, out)
    except ParcelRiskError as error:
        _write(out, REFUSED, str(error).encode())
    except BrokenPipeError:
        return  # nobody waits any more
    except (Exception, PanicException) as error:  # its text may repeat what the file holds
        _write(out, FAILED, type(error).__name__.encode())
    else:
        _write(out, END, b"")


def _read(order: Order, out: BinaryIO) -> None:
    path, reference, identity = Path(order.path), reference_of(order.reference), IdentityKey(order.identity)
    adapter = Formats(folder=Path(order.mappings) if order.mappings else None).named(order.format)
    with opened(path, order.file_key, encoding=order.encoding, max_bytes=order.max_bytes) as file:
        for index, part in enumerate(parts(adapter, file, reference=reference)):
            if index >= order.skip and isinstance(part, Reading):
                ready = Ready.of(part, order.operator)
                _write(out, PART, packed(ready, identity=identity, digest=order.digest, reference=reference))


def _write(out: BinaryIO, kind: int, content: bytes) -> None:
    out.write(HEAD.pack(kind, len(content)) + content)
    out.flush()


if __name__ == "__main__":
    main()
