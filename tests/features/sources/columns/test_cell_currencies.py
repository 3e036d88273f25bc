from __future__ import annotations

import polars as pl
import pytest

from features.sources.columns.cell_currencies import apart
from features.sources.columns.cells import PIECE, Assignment
from features.sources.columns.headers import currency_of, match_header
from features.sources.columns.recognised import Match

VALUE = Assignment(target=PIECE["value_cents"], piece=1, column="value", unit="units")
OWN = Assignment(target=PIECE["currency"], piece=1, column="currency")


def read(cells: list[str | None], named: list[str | None] | None = None) -> list[tuple[str | None, str | None]]:
    """Amount and currency of every row."""
    table = pl.DataFrame({"line": range(2, 2 + len(cells)), "value": pl.Series(cells, dtype=pl.String)})
    assignments = [VALUE]
    if named is not None:
        table, assignments = table.with_columns(pl.Series("currency", named, dtype=pl.String)), [VALUE, OWN]
    table, assignments = apart(table, assignments)
    column = "currency" if named is not None else assignments[0].currency_column
    return table.select("value", column).rows() if column else [(text, None) for text in table["value"]]


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("24,90 EUR", "24,90", "EUR"),
        ("EUR 24.90", "24.90", "EUR"),
        ("EUR24.90", "24.90", "EUR"),
        ("€ 24.90", "24.90", "EUR"),
        ("24,90\u00a0€", "24,90", "EUR"),
        ("24,- €", "24,-", "EUR"),
        ("24.90 Euro", "24.90", "EUR"),
        ("US$ 1,024.90", "1,024.90", "USD"),
        ("USD 1.024,90", "1.024,90", "USD"),
        ("HK$120", "120", "HKD"),
        ("USD 24.90 $", "24.90", "USD"),
        ("INR 500", "500", "INR"),
        ("120 zł", "120", "PLN"),
        ("£ 12", "12", "GBP"),
        ("¥ 1200", "1200", "XXX"),
        ("$24.90", "24.90", "XXX"),
    ],
)
def test_an_amount_is_read_with_the_currency_next_to_it_and_a_shared_sign_is_none(
    cell: str, amount: str, currency: str
) -> None:
    assert read([cell, None, "7.50"]) == [(amount, currency), (None, None), ("7.50", None)]


@pytest.mark.parametrize("cell", ["24.90 per piece", "12 pcs", "24.90", "EUR", "n/a", "EUR 24.90 USD", "24.90 EUR 12"])
def test_what_is_no_amount_with_a_currency_stays_as_it_is(cell: str) -> None:
    assert read([cell]) == [(cell, None)]


def test_the_currency_that_a_row_names_decides_what_a_sign_means_and_another_is_not_overruled() -> None:
    cells = ["$24.90", "$24.90", "€ 24.90", "24.90 EUR", "24.90"]
    assert read(cells, ["AUD", None, "eur", "USD", "CHF"]) == [
        ("24.90", "AUD"),
        ("24.90", "XXX"),
        ("24.90", "eur"),
        ("24.90 EUR", "USD"),
        ("24.90", "CHF"),
    ]


def test_a_code_that_begins_as_the_word_in_is_one() -> None:
    assert (currency_of("INR"), currency_of("in EUR"), currency_of("rupees, perhaps")) == ("INR", "EUR", None)
    match = match_header("Declared Value (INR)")
    assert isinstance(match, Match)
    assert match.assignment.currency == "INR"
