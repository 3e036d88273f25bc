"""ITMATT-like XML: the electronic CN 22/CN 23 of posts, many items a message, with neutral element names after CN 23.

The schemas of the postal union are licensed and not copied here. Version 1 gives a party one address line; version 1.5
gives street, number, city and state. Either adapter reads both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import polars as pl

from features.sources.adapter import BATCH_ROWS, Batch, Content
from features.sources.columns.assemble import assemble_items
from features.sources.columns.cells import PARCEL, PIECE
from features.sources.columns.message_fields import (
    CATEGORY_CODES,
    MAIL_CLASS_STREAM,
    MessageField,
    message_field,
    written,
)
from features.sources.item import Item
from features.sources.syntax import xml_reader, xml_writer
from features.sources.syntax.identify import xml_root
from features.sources.syntax.xml_paths import Shape

SHAPE = Shape(root=("ItemAttributes",), item="Item", piece="ContentPiece")
_VERSION = re.compile(rb'ItemAttributes\s[^>]*?\bversion\s*=\s*["\']([\d.]+)["\']')
_ITEM_CODES = {**CATEGORY_CODES, "991": "other"}
_BOTH = (
    ("ItemId", "parcel_id"),
    ("Version", "version"),
    ("Function", "function"),
    ("MessageId", "manifest_id"),
    ("MessageDateTime", "lodged_at"),
    ("PostingDateTime", "posted_at"),
    ("DueDateTime", "due_at"),
    ("MailClass", "mail_class"),
    ("MailSubclass", "mail_subclass"),
    ("OriginOffice", "origin_office"),
    ("DestinationOffice", "destination_office"),
    ("TransitOffices", "transit_offices"),
    ("DispatchCountry", "dispatch_country"),
    ("ReceptacleId", "receptacle_id"),
    ("GrossWeight", "gross_weight_g"),
    ("MeasuredWeight", "measured_weight_g"),
    ("Postage/Amount", "postage_cents"),
    ("Postage/Currency", "postage_currency"),
    ("Postage/PaidBy", "postage_paid_by"),
    ("InsuredValue/Amount", "insured_value_cents"),
    ("InsuredValue/Currency", "insured_currency"),
    ("OrderReference", "order_reference"),
    ("Marketplace", "marketplace"),
    ("DeclarantId", "declarant_id"),
)
_PARTY_V1 = (
    ("Name", "name"),
    ("AddressLine", "street"),
    ("Postcode", "postcode"),
    ("Country", "country"),
    ("Telephone", "phone"),
    ("Email", "email"),
    ("TaxId", "tax_id"),
)
_PARTY_V15 = (
    ("Name", "name"),
    ("Street", "street"),
    ("HouseNumber", "number"),
    ("Additional", "additional"),
    ("POBox", "po_box"),
    ("Postcode", "postcode"),
    ("City", "city"),
    ("State", "subdivision"),
    ("Country", "country"),
    ("Telephone", "phone"),
    ("Email", "email"),
    ("TaxId", "tax_id"),
    ("Account", "account"),
)
_SIZES = (
    ("Length", "length_mm"),
    ("Width", "width_mm"),
    ("Height", "height_mm"),
    ("Packaging", "packaging"),
    ("MeasuredLength", "measured_length_mm"),
    ("MeasuredWidth", "measured_width_mm"),
    ("MeasuredHeight", "measured_height_mm"),
)
PIECES = tuple(
    message_field(path, PIECE[name])
    for path, name in (
        ("Description", "description"),
        ("NumberOfPieces", "quantity"),
        ("Weight", "net_weight_g"),
        ("Value", "value_cents"),
        ("Currency", "currency"),
        ("HSCode", "hs_code"),
        ("OriginCountry", "origin_country"),
    )
)


def _parties(parts: tuple[tuple[str, str], ...]) -> tuple[MessageField, ...]:
    return tuple(
        message_field(f"{role}/{path}", PARCEL[f"{role.lower()}_{name}"])
        for role in ("Sender", "Recipient")
        for path, name in parts
    )


def _item(pairs: tuple[tuple[str, str], ...]) -> tuple[MessageField, ...]:
    category = message_field("CategoryCode", PARCEL["category"], codes=_ITEM_CODES)
    return (*(message_field(path, PARCEL[name]) for path, name in pairs), category)


V1 = (*_item(_BOTH), *_parties(_PARTY_V1))
V15 = (*_item((*_BOTH, *_SIZES)), *_parties(_PARTY_V15))


@dataclass(frozen=True, kw_only=True)
class Itmatt:
    """One version of the message."""

    name: str
    says: str
    media_type: str
    version: str
    fields: tuple[MessageField, ...]
    content: Content = Content.PARCELS
    suffix: str = ".xml"

    @property
    def carries(self) -> frozenset[str]:
        """Fields that this version carries."""
        return frozenset(one.target.name for one in self.fields)

    @property
    def carries_in_pieces(self) -> frozenset[str]:
        """Every field of a piece."""
        return frozenset(one.target.name for one in PIECES)

    def recognises(self, head: bytes) -> bool:
        """True for the root element with this version, or without one where this is the newest, in any namespace."""
        if xml_root(head) != SHAPE.root[0]:
            return False
        version = _VERSION.search(head)
        given = version[1].decode() if version else "1.5"
        return given in ("1", "1.0") if self.version == "1" else given.startswith("1.") and given != "1.0"

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read items of either version; the stream follows from the mail class."""
        items = xml_reader.items(file, SHAPE)
        first = True
        while (batch := list(islice(items, BATCH_ROWS))) or first:
            first = False
            yield _batch(batch)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write a message."""
        xml_writer.write_items(
            rows, file, SHAPE, written(self.fields), written(PIECES), attributes=f' version="{self.version}"'
        )


def _batch(items: list[Item]) -> Batch:
    for item in items:
        for role in ("Sender", "Recipient"):
            # The one address line of version 1 is read as the street, unless version 1.5 gives that as well.
            if (line := item.values.pop(f"{role}/AddressLine", None)) is not None:
                item.values.setdefault(f"{role}/Street", line)
        if stream := MAIL_CLASS_STREAM.get(item.values.get("MailClass", "")):
            item.values["^stream"] = stream
    stream_field = message_field("^stream", PARCEL["stream"])
    manifest_fields = (
        ()
        if any("MessageId" in item.values for item in items)
        else (message_field("^MessageId", PARCEL["manifest_id"]),)
    )
    return assemble_items(items, (*V15, stream_field, *manifest_fields), PIECES)


ADAPTERS = (
    Itmatt(
        name="itmatt",
        says="ITMATT-like XML, version 1.5: electronic CN 22/CN 23 with street, city and state.",
        media_type="application/vnd.parcel-risk.itmatt+xml",
        version="1.5",
        fields=V15,
    ),
    Itmatt(
        name="itmatt-v1",
        says="ITMATT-like XML, version 1: the same with one address line per party.",
        media_type="application/vnd.parcel-risk.itmatt-v1+xml",
        version="1",
        fields=V1,
    ),
)
