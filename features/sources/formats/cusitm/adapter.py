"""CUSITM-like EDIFACT: item data from a post to its customs; syntax by pydifact, a neutral choice of segments.

One item runs from its ``GID`` to the next one; pieces begin with ``LIN``. The module `segments` of this package says
which segment holds which field.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import polars as pl

from features.sources.adapter import BATCH_ROWS, Batch, Content
from features.sources.columns.assemble import assemble_items
from features.sources.columns.cells import PARCEL
from features.sources.columns.message_fields import MAIL_CLASS_STREAM, message_field
from features.sources.formats.cusitm.segments import FIELDS, PIECES
from features.sources.formats.cusitm.writer import write_message
from features.sources.syntax.edifact import open_interchange
from features.sources.syntax.edifact_items import EdifactShape, items
from features.sources.syntax.identify import edifact_message

_MESSAGE = "CUSITM"
_SHAPE = EdifactShape(message=_MESSAGE, item="GID", piece="LIN")
_STREAM = message_field("^stream", PARCEL["stream"])


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
        """True for the service strings at the beginning, unless another message is named behind them."""
        begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"UNA", b"UNB"))
        named = edifact_message(head)
        return begins and (named is None or named[0] == _MESSAGE)

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read items; one that cannot be taken apart does not stop the others.

        Raises
        ------
        SourceError
            When the file is empty, does not begin like an interchange, or holds another message.
        """
        found = items(open_interchange(file), _SHAPE)
        first = True
        while (batch := list(islice(found, BATCH_ROWS))) or first:
            first = False
            for item in batch:
                if stream := MAIL_CLASS_STREAM.get(item.values.get("ATT.MC", "")):
                    item.values["^stream"] = stream
            yield assemble_items(batch, (*FIELDS, _STREAM), PIECES)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write one interchange with one message."""
        write_message(rows, file)


ADAPTERS = (Cusitm(),)
