"""What a field of a record is, and how those of weights, lengths, money, countries and times are declared."""

from __future__ import annotations

from dataclasses import dataclass
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
    RATE = "hundredths of a percent"


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
        Inclusive range of an integer or a share. Outside it the value is not used.
    pattern:
        Regular expression that the whole text must match.
    choices:
        The only texts allowed.
    is_prose:
        Whether the beginning of a text that is too long still says something true: it is cut. Of an identifier, a
        number or an address for messages the beginning is another one: it is dropped.
    personal:
        True when the field can point to a natural person. Personal fields never enter the event log.
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
    is_prose: bool = False
    personal: bool = False
    source: str = ""
    example: str | int | float | None = None

    @property
    def unit(self) -> str:
        """Unit as the docs show it."""
        if self.quantity is not None:
            return self.quantity.value
        return {Kind.TIME: "UTC", Kind.SHARE: "0..1"}.get(self.kind, "")


COUNTRY = r"[A-Z]{2}"
CURRENCY = r"[A-Z]{3}"
MAX_CENTS = 100_000_000_000
MAX_G = 999_999_999
MAX_MM = 30_000


def mass(name: str, says: str, *, minimum: int = 1, example: int | None = None) -> Field:
    """Field of a weight in grams."""
    return _measured(name, says, Quantity.MASS, minimum, MAX_G, example)


def length(name: str, says: str, *, example: int | None = None) -> Field:
    """Field of a length in millimetres."""
    return _measured(name, says, Quantity.LENGTH, 1, MAX_MM, example)


def money(name: str, says: str, *, example: int | None = None) -> Field:
    """Field of an amount in hundredths of its currency."""
    return _measured(name, says, Quantity.MONEY, 0, MAX_CENTS, example)


def _measured(name: str, says: str, quantity: Quantity, minimum: int, maximum: int, example: int | None) -> Field:
    return Field(
        name=name,
        says=says,
        kind=Kind.INTEGER,
        quantity=quantity,
        minimum=minimum,
        maximum=maximum,
        source="CN 23",
        example=example,
    )


def country(name: str, says: str, *, personal: bool = False, example: str | None = None) -> Field:
    """Field of a country."""
    return Field(
        name=name,
        says=says,
        pattern=COUNTRY,
        max_length=2,
        personal=personal,
        source="ISO 3166-1 alpha-2",
        example=example,
    )


def currency(name: str, says: str, example: str | None = None) -> Field:
    """Field of a currency."""
    return Field(name=name, says=says, pattern=CURRENCY, max_length=3, source="ISO 4217", example=example)


def time(name: str, says: str, *, required: bool = False, example: str | None = None) -> Field:
    """Field of a time."""
    return Field(name=name, says=says, kind=Kind.TIME, required=required, example=example)
