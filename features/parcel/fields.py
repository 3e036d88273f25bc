"""The parcel record and the outcome record, written once.

From these declarations come the Polars schema (`features.parcel.schema`), the range checks
(`features.parcel.field_checks`), the API models (`serving.api.schemas`) and the table in `docs/fields.md`. Names follow
CN 23 and the WCO data elements; lengths follow the ICS2 house level where it states one. A field that a manifest lacks
is null, never 0, -1 or "".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    INTEGER = "integer"
    TIME = "time"
    SHARE = "share"


class Quantity(StrEnum):
    """What an integer measures, so that an adapter may convert another unit."""

    MASS = "g"
    LENGTH = "mm"
    MONEY = "hundredths of the currency"
    COUNT = "count"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a record.

    Attributes
    ----------
    name:
        The name used everywhere: column, JSON key, docs. Integers carry their unit in it.
    says:
        One sentence on what it holds.
    quantity:
        Unit of an integer; format adapters convert to it.
    minimum, maximum:
        Inclusive range of an integer or a share. Outside it the row is rejected.
    pattern:
        Regular expression that the whole text must match.
    choices:
        The only texts allowed.
    personal:
        True when the field can point to a natural person. Personal fields never enter the event log.
    aliases:
        Other headers under which the project's own CSV adapter accepts the field, without unit.
    source:
        Where the field or its limit comes from.
    """

    name: str
    says: str
    kind: Kind = Kind.TEXT
    quantity: Quantity | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 70
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    personal: bool = False
    aliases: tuple[str, ...] = ()
    source: str = ""
    example: str | int | float | None = None

    @property
    def unit(self) -> str:
        """Unit as the docs show it."""
        if self.quantity is not None:
            return self.quantity.value
        return {Kind.TIME: "UTC", Kind.SHARE: "0..1"}.get(self.kind, "")


FUNCTIONS = ("lodge", "amend", "cancel")
STREAMS = ("letter", "parcel", "ems", "express")
CATEGORIES = ("sale", "gift", "sample", "documents", "returned", "other")
CAUSES = ("list", "rule", "score", "random", "unknown")
RESULTS = ("nothing_found", "found", "not_presented")
FINDING_CLASSES = ("cannabis", "cocaine", "heroin", "synthetic", "fentanyl", "medicines", "tobacco", "weapon", "other")
METHODS = ("opened", "xray", "dog", "trace", "documents")

COUNTRY = r"[A-Z]{2}"
CURRENCY = r"[A-Z]{3}"
MAX_CENTS = 100_000_000_000
MAX_G = 999_999_999
MAX_MM = 30_000


def _mass(name: str, says: str, *aliases: str, minimum: int = 1, example: int | None = None) -> Field:
    return Field(
        name=name,
        says=says,
        kind=Kind.INTEGER,
        quantity=Quantity.MASS,
        minimum=minimum,
        maximum=MAX_G,
        aliases=aliases,
        source="CN 23",
        example=example,
    )


def _length(name: str, says: str, *aliases: str, example: int | None = None) -> Field:
    return Field(
        name=name,
        says=says,
        kind=Kind.INTEGER,
        quantity=Quantity.LENGTH,
        minimum=1,
        maximum=MAX_MM,
        aliases=aliases,
        source="CN 23",
        example=example,
    )


def _money(name: str, says: str, *aliases: str, example: int | None = None) -> Field:
    return Field(
        name=name,
        says=says,
        kind=Kind.INTEGER,
        quantity=Quantity.MONEY,
        minimum=0,
        maximum=MAX_CENTS,
        aliases=aliases,
        source="CN 23",
        example=example,
    )


def _country(name: str, says: str, *aliases: str, personal: bool = False, example: str | None = None) -> Field:
    return Field(
        name=name,
        says=says,
        pattern=COUNTRY,
        max_length=2,
        personal=personal,
        aliases=aliases,
        source="ISO 3166-1 alpha-2",
        example=example,
    )


def _currency(name: str, says: str, example: str | None = None) -> Field:
    return Field(name=name, says=says, pattern=CURRENCY, max_length=3, source="ISO 4217", example=example)


def _time(name: str, says: str, *aliases: str, required: bool = False, example: str | None = None) -> Field:
    return Field(name=name, says=says, kind=Kind.TIME, aliases=aliases, required=required, example=example)


def _party(role: str) -> tuple[Field, ...]:
    """Fields of one party; only the country may enter the log in clear."""

    def text(name: str, says: str, length: int, example: str | None = None) -> Field:
        return Field(
            name=f"{role}_{name}",
            says=f"{says} of the {role}.",
            max_length=length,
            personal=True,
            source="ICS2 house level",
            example=example,
        )

    return (
        text("name", "Name", 70, "Example Trading"),
        text("street", "Street", 70, "Example Road"),
        text("number", "House number", 35, "17"),
        text("additional", "Additional address line", 70),
        text("po_box", "PO box", 70),
        text("postcode", "Postcode", 17, "10115"),
        text("city", "City", 35, "Berlin"),
        text("subdivision", "State, province or other subdivision", 35),
        _country(f"{role}_country", f"Country of the {role}.", example="DE"),
        text("phone", "Phone number", 50, "+4930000000"),
        text("email", "E-mail address", 254, "sales@example.org"),
        text("tax_id", "Tax or VAT number", 35),
        text("account", "Customer account number at the operator", 70),
    )


PIECE_FIELDS: tuple[Field, ...] = (
    Field(
        name="description",
        says="What the piece is, in the sender's words.",
        max_length=512,
        aliases=("contents", "goods_description"),
        source="CN 23",
        example="cotton t-shirt",
    ),
    Field(
        name="quantity",
        says="Number of units in this piece.",
        kind=Kind.INTEGER,
        quantity=Quantity.COUNT,
        minimum=1,
        maximum=1_000_000,
        aliases=("qty", "units"),
        source="CN 23",
        example=2,
    ),
    _mass("net_weight_g", "Net weight of the piece.", "net_mass", example=300),
    _money("value_cents", "Value of all units of this piece.", "declared_value", "price", example=2400),
    _currency("currency", "Currency of the value; EUR when left out.", "EUR"),
    Field(
        name="hs_code",
        says="Harmonised System code, 6 to 10 digits.",
        pattern=r"[0-9]{6,10}",
        max_length=10,
        aliases=("hs", "hs6", "tariff_code"),
        source="WCO HS",
        example="610910",
    ),
    _country("origin_country", "Country in which the goods were made.", "goods_origin", example="IN"),
)

PARCEL_FIELDS: tuple[Field, ...] = (
    Field(
        name="parcel_id",
        says="S10 item identifier of a postal item, or the courier's own number.",
        required=True,
        max_length=35,
        pattern=r"[A-Za-z0-9][A-Za-z0-9 ._/\-]*",
        aliases=("item_id", "tracking_number", "s10"),
        source="UPU S10",
        example="RB473124829US",
    ),
    Field(
        name="operator",
        says="Who lodges the manifest: a post or a courier. Set by the API from the caller's key.",
        max_length=35,
        pattern=r"[A-Za-z0-9][A-Za-z0-9._\-]*",
        aliases=("carrier",),
        example="post-nl",
    ),
    Field(name="stream", says="Mail stream.", choices=STREAMS, max_length=10, aliases=("mail_type",), example="letter"),
    Field(name="manifest_id", says="Message or file in which the parcel was declared.", max_length=70),
    Field(
        name="version",
        says="Version of the declaration; the highest one counts, whatever the order of arrival.",
        kind=Kind.INTEGER,
        quantity=Quantity.COUNT,
        minimum=1,
        maximum=9_999,
        example=1,
    ),
    Field(
        name="function",
        says="What the message does with the parcel: lodge when left out.",
        choices=FUNCTIONS,
        max_length=10,
        example="lodge",
    ),
    _time("lodged_at", "When the manifest was lodged.", "lodged", example="2026-11-02T08:15:00Z"),
    _time("posted_at", "When the parcel was posted.", "posting_date", example="2026-11-01T16:00:00Z"),
    _time("due_at", "When the parcel is expected at the destination office."),
    *_party("sender"),
    *_party("recipient"),
    Field(
        name="declarant_id",
        says="Who made the declaration on behalf of a party.",
        max_length=35,
        personal=True,
        source="ICS2 house level",
    ),
    Field(
        name="origin_office",
        says="Office of exchange (IMPC) or hub where the parcel left.",
        max_length=35,
        aliases=("origin_impc",),
        source="UPU S34",
        example="CNSHAA",
    ),
    Field(name="transit_offices", says="Offices passed on the way, separated by blanks.", max_length=200),
    Field(
        name="destination_office",
        says="Office of exchange or hub of arrival.",
        max_length=35,
        aliases=("destination_impc", "dest_office"),
        source="UPU S34",
        example="DEFRAA",
    ),
    _country("dispatch_country", "Country from which the parcel was dispatched.", "departure_country", example="CN"),
    Field(name="receptacle_id", says="Receptacle that carries the parcel.", max_length=29, source="UPU S9"),
    Field(name="mail_class", says="Mail class as the operator codes it.", max_length=1, source="UPU ITMATT"),
    Field(name="mail_subclass", says="Mail subclass as the operator codes it.", max_length=2, source="UPU ITMATT"),
    Field(name="house_bill", says="House bill of a courier consignment.", max_length=70, source="ICS2 house level"),
    Field(name="master_bill", says="Master bill that covers the house bill.", max_length=70),
    Field(
        name="category",
        says="Nature of the transaction.",
        choices=CATEGORIES,
        max_length=10,
        aliases=("nature",),
        source="CN 23",
        example="sale",
    ),
    _money("postage_cents", "Postage paid.", "postage", example=350),
    _currency("postage_currency", "Currency of the postage; EUR when left out."),
    Field(name="postage_paid_by", says="How the postage was paid (account, cash, card, stamps).", max_length=20),
    _money("insured_value_cents", "Insured value.", "insured_value"),
    _currency("insured_currency", "Currency of the insured value; EUR when left out."),
    Field(name="order_reference", says="Order number of the sale.", max_length=70, personal=True, source="UPU CDS"),
    Field(name="marketplace", says="Marketplace on which the sale was made.", max_length=70, source="UPU CDS"),
    _mass("gross_weight_g", "Weight of the parcel with its packing.", "gross_weight", "weight", example=340),
    _length("length_mm", "Longest side.", "length", example=250),
    _length("width_mm", "Second side.", "width", example=180),
    _length("height_mm", "Shortest side.", "height", example=40),
    Field(name="packaging", says="Kind of packing (envelope, bag, box, tube).", max_length=20, example="bag"),
    _mass("measured_weight_g", "Weight measured by the operator or at the border.", "measured_weight"),
    _length("measured_length_mm", "Longest side as measured.", "measured_length"),
    _length("measured_width_mm", "Second side as measured.", "measured_width"),
    _length("measured_height_mm", "Shortest side as measured.", "measured_height"),
)

OUTCOME_FIELDS: tuple[Field, ...] = (
    replace(PARCEL_FIELDS[0], says="The parcel that was inspected."),
    replace(PARCEL_FIELDS[1], says="Operator who lodged it; needed when two operators use one identifier."),
    Field(
        name="result",
        says="What was found; `not_presented` when the parcel was not presented.",
        required=True,
        choices=RESULTS,
        max_length=20,
        example="nothing_found",
    ),
    _time("inspected_at", "When the parcel was inspected.", example="2026-11-03T10:00:00Z"),
    _time("known_at", "When the office learned the result. Set by the API to the time of receipt."),
    Field(name="finding_class", says="Class of the goods found.", choices=FINDING_CLASSES, max_length=20, example=None),
    _mass("finding_mass_g", "Mass of the goods found.", minimum=0),
    Field(name="method", says="How the parcel was inspected.", choices=METHODS, max_length=20, example="opened"),
    Field(name="station", says="Station at which it was inspected.", max_length=35),
    Field(name="officer", says="Service number of the officer.", max_length=35, personal=True),
    Field(name="cause", says="Why the parcel was selected, where the file knows it.", choices=CAUSES, max_length=10),
    Field(
        name="propensity",
        says="Probability with which the policy in force would have selected the parcel.",
        kind=Kind.SHARE,
        minimum=0.0,
        maximum=1.0,
    ),
)
