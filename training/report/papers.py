"""Papers for people: headings, paragraphs, lists and tables, written alike as Markdown and as one HTML file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.report import html as page_of

_CELL = str.maketrans({"|": "\\|", "\n": " "})


@dataclass(frozen=True)
class Heading:
    """Heading of a section; those of level 2 are the sections of the paper."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """Paragraph."""

    text: str


@dataclass(frozen=True)
class Items:
    """List."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """Table with its heads; numbers are written with four significant digits."""

    heads: tuple[str, ...]
    rows: tuple[Sequence[object], ...]


Part = Heading | Text | Items | Rows


def write(folder: Path, name: str, title: str, parts: Iterable[Part]) -> list[Path]:
    """Write a paper as ``NAME.md`` and ``NAME.html``; return both."""
    folder.mkdir(parents=True, exist_ok=True)
    given = list(parts)
    written = {folder / f"{name}.md": as_markdown(title, given), folder / f"{name}.html": as_html(title, given)}
    for path, text in written.items():
        path.write_text(text, "utf-8")
    return list(written)


def as_markdown(title: str, parts: Iterable[Part]) -> str:
    """Text of a paper as Markdown."""
    return "\n\n".join([f"# {title}", *map(_markdown, parts)]) + "\n"


def as_html(title: str, parts: Iterable[Part]) -> str:
    """Text of a paper as an HTML page that loads nothing."""
    return page_of.page(title, map(_html, parts))


def _markdown(part: Part) -> str:
    match part:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Text(text):
            return text
        case Items(items):
            return "\n".join(f"- {one}" for one in items)
        case Rows(heads, rows):
            lines = [_row(heads), _row(["---"] * len(heads)), *(_row(map(page_of.shown, row)) for row in rows)]
            return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.translate(_CELL) for cell in cells)} |"


def _html(part: Part) -> str:
    match part:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Text(text):
            return page_of.paragraph(text)
        case Items(items):
            return f"<ul>{''.join(f'<li>{html.escape(one)}</li>' for one in items)}</ul>"
        case Rows(heads, rows):
            return page_of.table(heads, rows)
