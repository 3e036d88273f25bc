"""A report as one HTML file: headings, paragraphs, tables and pictures, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from pathlib import Path

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:left;vertical-align:top}.number{text-align:right}"
    "img{max-width:100%}.warned{font-weight:bold}"
)


def page(title: str, parts: Iterable[str]) -> str:
    """Return the whole document."""
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{html.escape(title)}</h1>\n{body}\n</main></body></html>\n"
    )


def heading(text: str) -> str:
    """Heading of a section."""
    return f"<h2>{html.escape(text)}</h2>"


def paragraph(text: str) -> str:
    """Paragraph of plain text."""
    return f"<p>{html.escape(text)}</p>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Table; numbers are written with four significant digits."""
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"<td{' class=number' if is_number else ''}>{html.escape(shown(value))}</td>"


def picture(path: Path, text: str) -> str:
    """Picture inside the page; `text` says what it shows for those who do not see it."""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{html.escape(text, quote=True)}" src="data:image/png;base64,{data}">'


def shown(value: object) -> str:
    """Write a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
