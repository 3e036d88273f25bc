"""What makes a row of a file unreadable, by code: the only faults of syntax that refuse a parcel."""

from __future__ import annotations

from dataclasses import dataclass

TABLES, XML, EDIFACT, JSON = (".csv", ".xlsx", ".parquet", ".arrow"), (".xml",), (".edi",), (".json", ".ndjson")


@dataclass(frozen=True, kw_only=True)
class SyntaxFault:
    """A fault of syntax.

    Attributes
    ----------
    suffixes:
        Endings of the formats in which it occurs.
    """

    code: str
    says: str
    suffixes: tuple[str, ...]


SYNTAX_FAULTS = (
    SyntaxFault(code="too_long", says="longer than 1 MiB", suffixes=(".csv", *JSON, *XML)),
    SyntaxFault(code="encoding", says="bytes that are no text in the encoding", suffixes=(".csv", *JSON)),
    SyntaxFault(code="cells", says="more cells than columns", suffixes=(".csv",)),
    SyntaxFault(code="delimiter", says="separated otherwise than the header", suffixes=(".csv",)),
    SyntaxFault(code="quotes", says="text behind a closing quote", suffixes=(".csv",)),
    SyntaxFault(code="quote_open", says="a quote that does not close", suffixes=(".csv",)),
    SyntaxFault(code="truncated", says="the file ends within it", suffixes=(".csv", *JSON, *XML, *EDIFACT)),
    SyntaxFault(code="not_xml", says="the XML breaks there", suffixes=XML),
    SyntaxFault(code="nested", says="nested too deeply", suffixes=(*XML, *JSON)),
    SyntaxFault(code="doctype", says="a document type or entities", suffixes=XML),
    SyntaxFault(code="segment", says="a segment that cannot be taken apart", suffixes=EDIFACT),
    SyntaxFault(code="not_json", says="no JSON", suffixes=JSON),
    SyntaxFault(code="key_twice", says="a key given twice", suffixes=JSON),
    SyntaxFault(code="not_a_number", says="NaN, or a number without end", suffixes=JSON),
    SyntaxFault(code="not_an_object", says="no object", suffixes=JSON),
    SyntaxFault(code="no_item", says="a document without what the others hold", suffixes=JSON),
    SyntaxFault(code="more_follows", says="something behind the list", suffixes=JSON),
    SyntaxFault(code="wrong_root", says="another root element", suffixes=XML),
)
