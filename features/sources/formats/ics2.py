"""ICS2-like entry summary data at house level: IE3F43 of posts and IE3F32 of express couriers, before loading.

Element names follow the public description of the interface; the schemas themselves are not copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import polars as pl

from features.sources.adapter import BATCH_ROWS, Batch, Content
from features.sources.columns.assemble import assemble_items
from features.sources.columns.cells import PARCEL, PIECE
from features.sources.columns.message_fields import MessageField, message_field, written
from features.sources.item import Item
from features.sources.syntax import xml_reader, xml_writer

_KEYED = {"Communication": ("type", "identifier")}
_ADDRESS = (
    ("name", "name"),
    ("identificationNumber", "tax_id"),
    ("Address/street", "street"),
    ("Address/number", "number"),
    ("Address/streetAdditionalLine", "additional"),
    ("Address/poBox", "po_box"),
    ("Address/postCode", "postcode"),
    ("Address/city", "city"),
    ("Address/subDivision", "subdivision"),
    ("Address/country", "country"),
    ("Communication[TE]", "phone"),
    ("Communication[EM]", "email"),
)
_BOTH = (
    ("TransportDocumentHouseLevel/referenceNumber", "parcel_id"),
    ("version", "version"),
    ("function", "function"),
    ("referenceNumberUCR", "order_reference"),
    ("totalGrossMass", "gross_weight_g"),
    ("Declarant/identificationNumber", "declarant_id"),
    ("documentIssueDate", "lodged_at"),
    ("estimatedDateTimeOfArrival", "due_at"),
    ("countryOfDispatch", "dispatch_country"),
)
_POSTAL = (
    ("PostalCharges/amount", "postage_cents"),
    ("PostalCharges/currency", "postage_currency"),
    ("receptacleIdentificationNumber", "receptacle_id"),
)
_EXPRESS = (
    ("TransportDocumentMasterLevel/referenceNumber", "master_bill"),
    ("ReferenceDocument/referenceNumber", "house_bill"),
    ("Consignor/account", "sender_account"),
    ("Consignee/account", "recipient_account"),
)
PIECES = tuple(
    message_field(path, PIECE[name])
    for path, name in (
        ("Commodity/descriptionOfGoods", "description"),
        ("Packaging/numberOfPackages", "quantity"),
        ("Commodity/commodityCode", "hs_code"),
        ("GoodsMeasure/netMass", "net_weight_g"),
    )
)


def _fields(pairs: tuple[tuple[str, str], ...]) -> tuple[MessageField, ...]:
    parties = tuple(
        message_field(f"{element}/{path}", PARCEL[f"{role}_{name}"])
        for element, role in (("Consignor", "sender"), ("Consignee", "recipient"))
        for path, name in _ADDRESS
    )
    return (*(message_field(path, PARCEL[name]) for path, name in pairs), *parties)


@dataclass(frozen=True, kw_only=True)
class Ics2:
    """One filing; ``stream`` is what every parcel in it travels by, where the filing says so."""

    name: str
    says: str
    media_type: str
    filing: str
    fields: tuple[MessageField, ...]
    stream: str | None = None
    content: Content = Content.PARCELS
    suffix: str = ".xml"

    @property
    def carries(self) -> frozenset[str]:
        """Fields that this filing carries."""
        return frozenset(one.target.name for one in self.fields)

    @property
    def carries_in_pieces(self) -> frozenset[str]:
        """Fields of a goods item."""
        return frozenset(one.target.name for one in PIECES)

    @property
    def _shape(self) -> xml_reader.Shape:
        return xml_reader.Shape(root=(self.filing,), item="HouseConsignment", piece="GoodsItem", keyed=_KEYED)

    def recognises(self, head: bytes) -> bool:
        """True for the root element, with or without a prefix."""
        return f"<{self.filing}".encode() in head or f":{self.filing}".encode() in head

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read house consignments."""
        items = xml_reader.items(file, self._shape)
        first = True
        while (batch := list(islice(items, BATCH_ROWS))) or first:
            first = False
            yield self._batch(batch)

    def _batch(self, items: list[Item]) -> Batch:
        batch = assemble_items(items, self.fields, PIECES)
        if self.stream is None:
            return batch
        return Batch(**(vars(batch) | {"rows": batch.rows.with_columns(pl.lit(self.stream).alias("stream"))}))

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write a filing."""
        xml_writer.write_items(rows, file, self._shape, written(self.fields), written(PIECES))


ADAPTERS = (
    Ics2(
        name="ics2-f43",
        says="ICS2-like XML, IE3F43: postal minimum data set before loading, house level.",
        media_type="application/vnd.parcel-risk.ie3f43+xml",
        filing="IE3F43",
        fields=_fields((*_BOTH, *_POSTAL)),
    ),
    Ics2(
        name="ics2-f32",
        says="ICS2-like XML, IE3F32: express minimum data set before loading, house level.",
        media_type="application/vnd.parcel-risk.ie3f32+xml",
        filing="IE3F32",
        fields=_fields((*_BOTH, *_EXPRESS)),
        stream="express",
    ),
)
