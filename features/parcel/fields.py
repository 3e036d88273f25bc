"""The parcel record and the outcome record, written once.

From these declarations come the Polars schema (`features.parcel.schema`), the range checks
(`features.parcel.field_checks`), the API models (`serving.api.schemas`) and the table in `docs/fields.md`. Names follow
CN 23 and the WCO data elements; lengths follow the ICS2 house level where it states one. A field that a manifest lacks
is null, never 0, -1 or "".
"""

from __future__ import annotations

from dataclasses import replace

from features.parcel.field import Field, Kind, Quantity, country, currency, length, mass, money, time

__all__ = [
    "CATEGORIES",
    "CATEGORY_FIELDS",
    "CAUSES",
    "FINDING_CLASSES",
    "FUNCTIONS",
    "METHODS",
    "OUTCOME_FIELDS",
    "PARCEL_FIELDS",
    "PIECE_FIELDS",
    "RESULTS",
    "STREAMS",
    "Field",
    "Kind",
    "Quantity",
]

FUNCTIONS = ("lodge", "amend", "cancel")
STREAMS = ("letter", "parcel", "ems", "express")
CATEGORIES = ("sale", "gift", "sample", "documents", "returned", "other")
CAUSES = ("list", "rule", "score", "random", "hunt", "report", "unknown")
RESULTS = ("nothing_found", "found", "not_presented")
FINDING_CLASSES = ("cannabis", "cocaine", "heroin", "synthetic", "fentanyl", "medicines", "tobacco", "weapon", "other")
METHODS = ("opened", "xray", "dog", "trace", "documents", "laboratory")


def _party(role: str) -> tuple[Field, ...]:
    """Fields of one party; only the country may enter the log in clear."""

    def text(name: str, says: str, max_length: int, example: str | None = None, *, is_prose: bool = False) -> Field:
        return Field(
            name=f"{role}_{name}",
            says=f"{says} of the {role}.",
            max_length=max_length,
            is_prose=is_prose,
            personal=True,
            source="ICS2 house level",
            example=example,
        )

    return (
        text("name", "Name", 70, "Example Trading", is_prose=True),
        text("street", "Street", 70, "Example Road", is_prose=True),
        text("number", "House number", 35, "17", is_prose=True),
        text("additional", "Additional address line", 70, is_prose=True),
        text("po_box", "PO box", 70),
        text("postcode", "Postcode", 17, "10115"),
        text("city", "City", 35, "Berlin", is_prose=True),
        text("subdivision", "State, province or other subdivision", 35, is_prose=True),
        country(f"{role}_country", f"Country of the {role}.", example="DE"),
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
        is_prose=True,
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
        source="CN 23",
        example=2,
    ),
    mass("net_weight_g", "Net weight of the piece.", example=300),
    money("value_cents", "Value of all units of this piece.", example=2400),
    currency("currency", "Currency of the value; EUR when left out.", "EUR"),
    Field(
        name="hs_code",
        says="Harmonised System code: heading of 4 digits, or 6, 8 or 10 digits.",
        pattern=r"[0-9]{4}(?:[0-9]{2}){0,3}",
        max_length=10,
        source="WCO HS",
        example="610910",
    ),
    country("origin_country", "Country in which the goods were made.", example="IN"),
)

CODE = r"[0-9A-Za-z][0-9A-Za-z._+/\-]*"
MAX_RATE_BP = 10_000_000


def _category(name: str, says: str, *, source: str = "", example: str | None = None) -> Field:
    """Code of an office or operator: no list is kept, and no blank is allowed, so that it can hold no name."""
    return Field(name=name, says=says, pattern=CODE, max_length=20, source=source, example=example)


CATEGORY_FIELDS: tuple[Field, ...] = (
    _category(
        "declared_regime", "Customs procedure that is declared, as the office codes it.", source="WCO data model"
    ),
    _category("tax_regime", "Kind of tax or preference that is claimed.", source="WCO data model"),
    _category("transport_mode", "Mode of transport at the border.", source="UN/ECE Rec. 19"),
    _category("procedure", "How the declaration is processed."),
    _category("payment_terms", "How or under which terms the goods or their taxes are paid."),
    *(
        _category(f"extra_{n}", f"Code number {n} that has no field of its own; a mapping fills it.")
        for n in range(1, 9)
    ),
)
"""Codes without a list of their own. They are in the log as they are, and models may distinguish them."""

PARCEL_FIELDS: tuple[Field, ...] = (
    Field(
        name="parcel_id",
        says="S10 item identifier of a postal item, or the courier's own number.",
        required=True,
        max_length=35,
        pattern=r"[A-Za-z0-9][A-Za-z0-9 ._/\-]*",
        source="UPU S10",
        example="RB473124829US",
    ),
    Field(
        name="operator",
        says="Who lodges the manifest: a post or a courier. Set by the API from the caller's key.",
        max_length=35,
        pattern=r"[A-Za-z0-9][A-Za-z0-9._\-]*",
        example="post-nl",
    ),
    Field(name="stream", says="Mail stream.", choices=STREAMS, max_length=10, example="letter"),
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
    time("lodged_at", "When the manifest was lodged.", example="2026-11-02T08:15:00Z"),
    time("posted_at", "When the parcel was posted.", example="2026-11-01T16:00:00Z"),
    time("due_at", "When the parcel is expected at the destination office."),
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
        source="UPU S34",
        example="CNSHAA",
    ),
    Field(
        name="transit_offices", says="Offices passed on the way, separated by blanks.", max_length=200, is_prose=True
    ),
    Field(
        name="destination_office",
        says="Office of exchange or hub of arrival.",
        max_length=35,
        source="UPU S34",
        example="DEFRAA",
    ),
    country("dispatch_country", "Country from which the parcel was dispatched.", example="CN"),
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
        source="CN 23",
        example="sale",
    ),
    money("postage_cents", "Postage paid.", example=350),
    currency("postage_currency", "Currency of the postage; EUR when left out."),
    Field(
        name="postage_paid_by",
        says="How the postage was paid (account, cash, card, stamps).",
        max_length=20,
        is_prose=True,
    ),
    money("insured_value_cents", "Insured value."),
    currency("insured_currency", "Currency of the insured value; EUR when left out."),
    Field(name="order_reference", says="Order number of the sale.", max_length=70, personal=True, source="UPU CDS"),
    Field(
        name="marketplace",
        says="Marketplace on which the sale was made.",
        max_length=70,
        is_prose=True,
        source="UPU CDS",
    ),
    mass("gross_weight_g", "Weight of the parcel with its packing.", example=340),
    length("length_mm", "Longest side.", example=250),
    length("width_mm", "Second side.", example=180),
    length("height_mm", "Shortest side.", example=40),
    Field(
        name="packaging",
        says="Kind of packing (envelope, bag, box, tube).",
        max_length=20,
        is_prose=True,
        example="bag",
    ),
    mass("measured_weight_g", "Weight measured by the operator or at the border."),
    length("measured_length_mm", "Longest side as measured."),
    length("measured_width_mm", "Second side as measured."),
    length("measured_height_mm", "Shortest side as measured."),
    *CATEGORY_FIELDS,
    Field(
        name="tax_rate_bp",
        says="Rate of tax that is declared.",
        kind=Kind.INTEGER,
        quantity=Quantity.RATE,
        minimum=0,
        maximum=MAX_RATE_BP,
        example=1900,
    ),
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
    time("inspected_at", "When the parcel was inspected.", example="2026-11-03T10:00:00Z"),
    time("known_at", "When the office learned the result. Set by the API to the time of receipt."),
    Field(name="finding_class", says="Class of the goods found.", choices=FINDING_CLASSES, max_length=20, example=None),
    mass("finding_mass_g", "Mass of the goods found.", minimum=0),
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
