"""Entry summary data of ICS2 at house level: postal (IE3F43) and express (IE3F32 before loading, IE3F30 and IE3F31).

Element names follow the public description of the interface (WCO data model, annex B of the UCC delegated act); the
schemas themselves are not copied. Any namespace, a SOAP envelope around the message, house level under master level or
directly in the filing, and the names of this project's earlier version are read.
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
from features.sources.syntax.identify import xml_root
from features.sources.syntax.xml_paths import Shape

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
_Row = tuple[str, str, tuple[str, ...]]
_MASTER = "^ConsignmentMasterLevel"
_BOTH: tuple[_Row, ...] = (
    (
        "TransportDocumentHouseLevel/documentNumber",
        "parcel_id",
        ("TransportDocumentHouseLevel/referenceNumber", "TransportDocument/documentNumber"),
    ),
    ("version", "version", ()),
    ("function", "function", ()),
    ("ReferenceNumberUCR/referenceNumberUCR", "order_reference", ("referenceNumberUCR",)),
    ("totalGrossMass", "gross_weight_g", ()),
    (
        "Declarant/identificationNumber",
        "declarant_id",
        ("^Declarant/identificationNumber", f"{_MASTER}/Declarant/identificationNumber"),
    ),
    (
        "documentIssueDate/DateTime",
        "lodged_at",
        ("documentIssueDate", "^documentIssueDate/DateTime", "^documentIssueDate"),
    ),
    (
        "estimatedDateTimeOfArrival/DateTime",
        "due_at",
        (
            "estimatedDateTimeOfArrival",
            "^ActiveBorderTransportMeans/estimatedDateTimeOfArrival/DateTime",
            "^ActiveBorderTransportMeans/estimatedDateTimeOfArrival",
            "^ActiveBorderTransportMeans/EstimatedDateTimeOfArrival/DateTime",
            "^estimatedDateTimeOfArrival/DateTime",
            "^estimatedDateTimeOfArrival",
        ),
    ),
    ("countryOfDispatch", "dispatch_country", ("^countryOfDispatch", f"{_MASTER}/countryOfDispatch")),
)
_POSTAL: tuple[_Row, ...] = (
    ("PostalCharges/value", "postage_cents", ("PostalCharges/amount",)),
    ("PostalCharges/currency", "postage_currency", ()),
    (
        "Receptacle/identificationNumber",
        "receptacle_id",
        (
            "Receptacle/receptacleIdentificationNumber",
            "receptacleIdentificationNumber",
            "^Receptacle/identificationNumber",
        ),
    ),
)
_EXPRESS: tuple[_Row, ...] = (
    (
        "TransportDocumentMasterLevel/documentNumber",
        "master_bill",
        (
            "TransportDocumentMasterLevel/referenceNumber",
            f"{_MASTER}/TransportDocumentMasterLevel/documentNumber",
            "^TransportDocumentMasterLevel/documentNumber",
        ),
    ),
    ("ReferenceDocument/referenceNumber", "house_bill", ()),
    ("Consignor/account", "sender_account", ()),
    ("Consignee/account", "recipient_account", ()),
)
_AROUND = (message_field("^ActiveBorderTransportMeans/modeOfTransport", PARCEL["transport_mode"], is_written=False),)
"""What the whole filing gives for its parcels, and no parcel by itself."""
_TOTAL, _OF_ITEM = "TotalAmountInvoiced", "ItemAmountInvoiced"
PIECES = tuple(
    message_field(path, PIECE[name], others=others)
    for path, name, others in (
        ("Commodity/descriptionOfGoods", "description", ("descriptionOfGoods",)),
        ("Packaging/numberOfPackages", "quantity", ()),
        (
            "Commodity/CommodityCode/harmonizedSystemSubHeadingCode",
            "hs_code",
            (
                "Commodity/CommodityCode/harmonizedSystemSubheadingCode",
                "Commodity/CommodityCode/HarmonizedSystemSubHeadingCode",
                "Commodity/commodityCode",
            ),
        ),
        ("GoodsMeasure/netMass", "net_weight_g", ()),
        ("ItemAmountInvoiced/value", "value_cents", ("ItemAmountInvoiced/amount", "itemAmountInvoiced/value")),
        ("ItemAmountInvoiced/currency", "currency", ("itemAmountInvoiced/currency",)),
        ("Origin/countryOfOrigin", "origin_country", ("countryOfOrigin", "Origin/country")),
    )
)


def _fields(rows: tuple[_Row, ...]) -> tuple[MessageField, ...]:
    parties = tuple(
        message_field(f"{element}/{path}", PARCEL[f"{role}_{name}"])
        for element, role in (("Consignor", "sender"), ("Consignee", "recipient"))
        for path, name in _ADDRESS
    )
    return (*(message_field(path, PARCEL[name], others=others) for path, name, others in rows), *parties)


@dataclass(frozen=True, kw_only=True)
class Ics2:
    """One filing; ``stream`` is what every parcel in it travels by, where the filing says so."""

    name: str
    says: str
    media_type: str
    filings: tuple[str, ...]
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
    def _shape(self) -> Shape:
        return Shape(
            root=self.filings,
            item="ConsignmentHouseLevel",
            piece="GoodsItem",
            other_items=("HouseConsignment",),
            keyed=_KEYED,
        )

    def recognises(self, head: bytes) -> bool:
        """True for the root element, whatever its namespace, also in a SOAP envelope."""
        return xml_root(head) in self.filings

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read house consignments."""
        items = xml_reader.items(file, self._shape)
        first = True
        while (batch := list(islice(items, BATCH_ROWS))) or first:
            first = False
            yield self._batch(batch)

    def _batch(self, items: list[Item]) -> Batch:
        for item in items:
            _share_total(item)
        batch = assemble_items(items, (*self.fields, *_AROUND), PIECES)
        if self.stream is None:
            return batch
        return Batch(**(vars(batch) | {"rows": batch.rows.with_columns(pl.lit(self.stream).alias("stream"))}))

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write a filing."""
        xml_writer.write_items(rows, file, self._shape, written(self.fields), written(PIECES))


def _share_total(item: Item) -> None:
    """Give the only goods item of a consignment its total, where it has no amount of its own."""
    if f"{_TOTAL}/value" not in item.values or len(item.pieces) != 1 or f"{_OF_ITEM}/value" in item.pieces[0]:
        return
    for part in ("value", "currency"):
        if f"{_TOTAL}/{part}" in item.values:
            item.pieces[0][f"{_OF_ITEM}/{part}"] = item.values.pop(f"{_TOTAL}/{part}")


ADAPTERS = (
    Ics2(
        name="ics2-f43",
        says="ICS2-like XML, IE3F43: postal minimum data set before loading, house level.",
        media_type="application/vnd.parcel-risk.ie3f43+xml",
        filings=("IE3F43",),
        fields=_fields((*_BOTH, *_POSTAL)),
    ),
    Ics2(
        name="ics2-f32",
        says="ICS2-like XML, IE3F32, IE3F30 and IE3F31: express consignments, house level.",
        media_type="application/vnd.parcel-risk.ie3f32+xml",
        filings=("IE3F32", "IE3F30", "IE3F31"),
        fields=_fields((*_BOTH, *_EXPRESS)),
        stream="express",
    ),
)
