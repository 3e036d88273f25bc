"""Goods on offer: products drawn from the commodities, and every text under which they are declared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data.synthetic.drawing import Floats, Ints, lognormal, weighted
from data.synthetic.pools import Commodity, commodities, goods_groups, words

N_VARIANTS = 6
"""Texts of one product: English with brand, plain English, another language, attribute first, capitals, misspelt."""
MISSPELT = 5
SOLD_SMALLER, SOLD_CHEAPER = 0.5, 0.5
"""What is sold by post is lighter and cheaper than the usual article; set to come near the medians wanted."""


@dataclass(frozen=True, kw_only=True)
class Goods:
    """Products of a world.

    Attributes
    ----------
    unit_g, unit_eur:
        Weight and price of one unit, by product.
    hs:
        Place of each product's HS code in `hs_codes`.
    group:
        Place of each product's group in `goods_groups`.
    texts:
        ``N_VARIANTS`` texts per product, followed by the generic ones.
    hs_codes:
        HS codes of six digits, then the same with eight.
    """

    unit_g: Floats
    unit_eur: Floats
    hs: Ints
    group: Ints
    texts: pl.Series
    hs_codes: pl.Series

    @property
    def n_products(self) -> int:
        """How many products there are."""
        return self.unit_g.size

    @property
    def n_hs(self) -> int:
        """How many HS codes of six digits there are."""
        return self.hs_codes.len() // 2

    @property
    def first_generic(self) -> int:
        """Place of the first text that names nothing."""
        return self.n_products * N_VARIANTS

    def generic(self, rng: np.random.Generator, size: int) -> Ints:
        """Draw texts that name nothing."""
        return np.asarray(rng.integers(self.first_generic, self.texts.len(), size))


def make_goods(rng: np.random.Generator, n_parcels: int) -> Goods:
    """Draw the products of a world; their number grows with its size."""
    kinds = commodities()
    n_products = int(np.clip(n_parcels // 120, 400, 8000))
    kind = weighted(rng, np.ones(len(kinds)), n_products)
    groups = {name: index for index, name in enumerate(goods_groups())}
    codes = sorted({commodity.hs for commodity in kinds})
    return Goods(
        unit_g=np.maximum(
            1.0, lognormal(rng, SOLD_SMALLER * np.array([k.g for k in kinds])[kind], 0.35, n_products)
        ).round(),
        unit_eur=lognormal(rng, SOLD_CHEAPER * np.array([k.eur for k in kinds])[kind], 0.4, n_products),
        hs=np.array([codes.index(k.hs) for k in kinds])[kind],
        group=np.array([groups[k.group] for k in kinds])[kind],
        texts=pl.Series(_texts(rng, [kinds[index] for index in kind])),
        hs_codes=pl.Series([*codes, *(f"{code}{10 * (index % 9):02d}" for index, code in enumerate(codes))]),
    )


def _texts(rng: np.random.Generator, products: list[Commodity]) -> list[str]:
    brands, attributes = words("brands"), words("attributes")
    texts: list[str] = []
    for product in products:
        brand, attribute = brands[rng.integers(len(brands))], attributes[rng.integers(len(attributes))]
        english = product.names[0]
        foreign = product.names[1 + int(rng.integers(len(product.names) - 1))]
        texts += [
            f"{brand} {english} {attribute}",
            english,
            foreign,
            f"{attribute} {english}",
            f"{brand} {english}".upper(),
            misspelt(f"{english} {attribute}", rng),
        ]
    return [*texts, *words("generic")]


def misspelt(text: str, rng: np.random.Generator) -> str:
    """Swap, drop or double one letter."""
    index = int(rng.integers(1, max(2, len(text) - 1)))
    swapped = text[: index - 1] + text[index : index + 1] + text[index - 1 : index] + text[index + 1 :]
    return (swapped, text[:index] + text[index + 1 :], text[:index] + text[index - 1 :])[int(rng.integers(3))]
