"""The record of a bag of evidence as a PDF: what the page says, section by section, for printing and for the file.

The same record gives the same bytes. Nothing is dropped or drawn wrongly in silence: a character that the fonts lack,
that is drawn from right to left, that stands over another one, or that nobody would see is written as its code point,
as in ``[U+4E2D]``.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional, category

from serving.pages.evidence import Record, record_of, record_page

if TYPE_CHECKING:
    from fpdf import FPDF

_FAMILY = "DejaVu"
_FONTS = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_MARGIN_MM, _INDENT_MM = 18.0, 4.0
_TITLE_PT, _SECTION_PT, _TEXT_PT, _SMALL_PT = 15.0, 11.5, 9.0, 7.5
_LINE = 1.35 * 25.4 / 72
"""Height of a line in mm, by point of the font."""
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_UNSEEN = ("C", "M", "Z")
"""Categories of characters that nobody sees, or that stand over another one: of these only the blank is drawn."""
_WRITTEN = (
    "A character that this file cannot draw as it is, or that nobody would see, is written as its code point, as in "
    "[U+4E2D]. record.html and claims.json have it as it is."
)


def record_files(claims: dict[str, Any], edition: str, at: datetime) -> dict[str, bytes]:
    """Record of an edition as a page and as a PDF, by the names of the files in a bag."""
    record = record_of(claims, edition)
    return {"record.html": record_page(record).encode(), "record.pdf": record_pdf(record, at)}


def record_pdf(record: Record, at: datetime) -> bytes:
    """PDF of a record, which says that it was made at a time.

    Parameters
    ----------
    record:
        What `evidence.html` shows of the same edition.
    at:
        When the bag is made.
    """
    pdf = _document(record, at)
    say = drawn(frozenset.intersection(*(frozenset(font.cmap) for font in pdf.fonts.values())))  # type: ignore[union-attr]
    _block(pdf, say(record.title), _TITLE_PT, bold=True)
    texts = [*record.paragraphs, *(text for _, rows in record.groups for row in rows for text in row)]
    is_written = any(say(text) != text for text in texts)
    for paragraph in [*record.paragraphs, *([_WRITTEN] if is_written else [])]:
        _block(pdf, paragraph if paragraph is _WRITTEN else say(paragraph), _TEXT_PT)
    for title, rows in record.groups:
        pdf.ln(_SECTION_PT * _LINE / 2)
        if pdf.will_page_break(3 * _SECTION_PT * _LINE):  # no heading stays alone at the foot of a page
            pdf.add_page()
        _block(pdf, say(title), _SECTION_PT, bold=True)
        for name, value in rows:
            _block(pdf, say(name), _SMALL_PT, bold=True)
            _block(pdf, say(value), _TEXT_PT, indent=_INDENT_MM)
    return bytes(pdf.output())


def drawn(known: Container[int]) -> Callable[[str], str]:
    """Writes a text with the characters that fonts have; others become their code points.

    The bracket of something that looks like a code point is written as one, too, so that the text can be read back.
    """

    def one(character: str) -> bool:
        is_seen = character == " " or category(character)[0] not in _UNSEEN
        return is_seen and ord(character) in known and bidirectional(character) not in _RIGHT_TO_LEFT

    def written(text: str) -> str:
        return "".join(c if one(c) else f"[U+{ord(c):04X}]" for c in text)

    return lambda text: "[U+005B]U+".join(written(part) for part in text.split("[U+"))


def _document(record: Record, at: datetime) -> FPDF:
    """Empty document with its fonts, which come with matplotlib and are free to be embedded."""
    from fpdf import FPDF  # takes a second, which no start of the service should

    class Paged(FPDF):
        def footer(self) -> None:
            self.set_y(-_MARGIN_MM + 4)
            self.set_font(_FAMILY, size=_SMALL_PT)
            self.cell(0, _SMALL_PT * _LINE, f"{self.page_no()}", align="R")

    pdf = Paged(format="A4")
    pdf.alias_nb_pages(None)  # type: ignore[arg-type]
    for style, file in _FONTS.items():
        pdf.add_font(_FAMILY, style, _folder_of_fonts() / file)
    pdf.set_creation_date(at.replace(microsecond=0))
    pdf.set_title(f"Evidence: edition {record.edition}")
    pdf.set_lang("en")
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(True, _MARGIN_MM)
    pdf.add_page()
    return pdf


def _folder_of_fonts() -> Path:
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise RuntimeError("matplotlib, whose fonts a PDF is set in, is not installed. Install the project's packages.")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def _block(pdf: FPDF, text: str, size: float, *, bold: bool = False, indent: float = 0.0) -> None:
    """Text over the whole width, on as many lines and pages as it needs."""
    pdf.set_font(_FAMILY, "B" if bold else "", size)
    pdf.set_x(pdf.l_margin + indent)
    pdf.multi_cell(0, size * _LINE, text, align="L", new_x="LMARGIN", new_y="NEXT")
