"""Parties and delivery places: tables of numbers while the world is drawn, texts when it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from data.synthetic.drawing import Flags, Ints, picked
from data.synthetic.pools import countries, people, shared_places

LOCKER, HOTEL, OFFICE, VACANT = range(4)
_FIRM_WORDS = (
    "Sunrise",
    "Golden",
    "Eastern",
    "Global",
    "Blue Star",
    "Prime",
    "Harmony",
    "Silverline",
    "Unity",
    "Nova",
    "Evergreen",
    "Delta",
    "Lotus",
    "Northgate",
    "Orient",
    "Crystal",
    "Phoenix",
    "Atlas",
    "Bright",
    "Royal",
)
_FIRM_TRADES = (
    "Textile",
    "Electronics",
    "Trading",
    "Gifts",
    "Home",
    "Fashion",
    "Tools",
    "Beauty",
    "Toys",
    "Sports",
    "Health",
    "Commerce",
)
_FIRM_FORMS = {
    "zh": ("Co Ltd", "Trading Co Ltd", "Technology Co"),
    "de": ("GmbH", "Shop", "KG"),
    "nl": ("BV", "Shop"),
    "en": ("Ltd", "Store", "LLC"),
    "fr": ("SARL", "SAS"),
    "es": ("SL", "Import"),
    "pl": ("sp zoo", "Sklep"),
}
_OTHER_FORMS = ("Trading", "Export", "Store")
FIRM_ENDS = frozenset(form.split()[-1] for forms in (*_FIRM_FORMS.values(), _OTHER_FORMS) for form in forms)
"""Last words of the names of firms."""


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Senders or recipients: country, and whether a firm."""

    country: Ints
    is_firm: Flags

    @property
    def n(self) -> int:
        """How many parties there are."""
        return self.country.size

    @classmethod
    def together(cls, *parts: Parties) -> Parties:
        """One table after the other."""
        return cls(**{c.name: np.concatenate([getattr(part, c.name) for part in parts]) for c in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class Places:
    """Delivery places that are not the recipient's own: country and kind (locker, hotel, office, vacant home)."""

    country: Ints
    kind: Ints

    @property
    def n(self) -> int:
        """How many places there are."""
        return self.country.size

    @classmethod
    def together(cls, *parts: Places) -> Places:
        """One table after the other."""
        return cls(**{c.name: np.concatenate([getattr(part, c.name) for part in parts]) for c in fields(cls)})


def written_parties(parties: Parties, rng: np.random.Generator) -> pl.DataFrame:
    """Name, address and ways of contact of each party; all of it invented."""
    frame = written_addresses(parties.country, rng)
    names = _by_country(parties.country, lambda code, n: _person_names(code, n, rng))
    firms = _by_country(parties.country, lambda code, n: _firm_names(code, n, rng))
    serial = pl.Series(rng.integers(10_000_000, 99_999_999, parties.n))
    prefix = picked([country.phone for country in countries()], parties.country)
    return frame.with_columns(
        pl.when(pl.Series(parties.is_firm)).then(firms).otherwise(names).alias("name"),
        pl.concat_str(prefix, serial.cast(pl.String)).alias("phone"),
        pl.concat_str(pl.lit("m"), serial.cast(pl.String), pl.lit("@example.org")).alias("email"),
        pl.concat_str(pl.lit("A"), pl.int_range(pl.len()).cast(pl.String)).alias("account"),
    )


def written_addresses(country: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Street, number, postcode and city for each entry of `country`."""
    all_countries = countries()
    n_places = np.array([len(c.places) for c in all_countries])
    n_streets = np.array([len(c.streets) for c in all_countries])
    place_first = np.concatenate([[0], np.cumsum(n_places)[:-1]])
    street_first = np.concatenate([[0], np.cumsum(n_streets)[:-1]])
    place = place_first[country] + (rng.random(country.size) * n_places[country]).astype(np.int64)
    street = street_first[country] + (rng.random(country.size) * n_streets[country]).astype(np.int64)
    number = 1 + (rng.random(country.size) ** 1.5 * 140).astype(np.int64)
    places = [pair for c in all_countries for pair in c.places]
    return pl.DataFrame(
        {
            "street": picked([name for c in all_countries for name in c.streets], street),
            "number": pl.Series(number).cast(pl.String),
            "postcode": picked([postcode for _, postcode in places], place),
            "city": picked([city for city, _ in places], place),
            "country": picked([c.code for c in all_countries], country),
        }
    )


def written_places(places: Places, rng: np.random.Generator) -> pl.DataFrame:
    """Address of each shared place; a vacant home looks like any other home."""
    frame = written_addresses(places.country, rng)
    pools = [shared_places(kind) for kind in ("lockers", "hotels", "offices")]
    starts = np.cumsum([0, *(len(pool) for pool in pools)])
    kind = np.minimum(places.kind, OFFICE)
    sizes = np.array([len(pool) for pool in pools])
    pick = starts[kind] + (rng.random(places.n) * sizes[kind]).astype(np.int64)
    label = picked([name for pool in pools for name in pool], pick)
    number = pl.Series(rng.integers(100, 999, places.n)).cast(pl.String)
    is_locker = pl.Series(places.kind == LOCKER)
    is_named = pl.Series((places.kind == HOTEL) | (places.kind == OFFICE))
    return frame.with_columns(
        pl.when(is_locker).then(label).otherwise("street").alias("street"),
        pl.when(is_locker).then(number).otherwise("number").alias("number"),
        pl.when(is_named).then(label).alias("additional"),
    )


def _by_country(country: Ints, write: Callable[[int, int], pl.Series]) -> pl.Series:
    """Write texts country by country and put them back in the order of the rows."""
    parts, rows = [], []
    for code in np.unique(country):
        at = np.flatnonzero(country == code)
        rows.append(at)
        parts.append(write(int(code), at.size))
    order = np.argsort(np.concatenate(rows)) if rows else np.zeros(0, dtype=np.int64)
    return pl.concat(parts).gather(order) if parts else pl.Series([], dtype=pl.String)


def _person_names(code: int, n: int, rng: np.random.Generator) -> pl.Series:
    given, family = people(countries()[code].language)
    first = picked(given, rng.integers(0, len(given), n))
    last = picked(family, rng.integers(0, len(family), n))
    second = picked([f" {chr(65 + letter)}." for letter in range(20)], rng.integers(0, 20, n))
    has_second = rng.random(n) < 0.35
    return (
        pl.DataFrame({"f": first, "s": second, "l": last, "h": has_second})
        .select(pl.concat_str("f", pl.when("h").then("s").otherwise(pl.lit("")), pl.lit(" "), "l"))
        .to_series()
    )


def _firm_names(code: int, n: int, rng: np.random.Generator) -> pl.Series:
    country = countries()[code]
    forms = _FIRM_FORMS.get(country.language, _OTHER_FORMS)
    cities = sorted({city for city, _ in country.places})
    heads = (*_FIRM_WORDS, *cities)
    head = picked(heads, rng.integers(0, len(heads), n))
    trade = picked(_FIRM_TRADES, rng.integers(0, len(_FIRM_TRADES), n))
    form = picked(forms, rng.integers(0, len(forms), n))
    return (
        pl.DataFrame({"h": head, "t": trade, "f": form}).select(pl.concat_str("h", "t", "f", separator=" ")).to_series()
    )
