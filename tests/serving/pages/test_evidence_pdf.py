"""The PDF in a bag of evidence: it says what the page says, in the same bytes, and draws no character wrongly."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from pypdf import PdfReader

from serving.pages.evidence import record_of
from serving.pages.evidence_pdf import drawn, record_files

AT = datetime(2026, 3, 10, 12, 0, 0, 7, tzinfo=UTC)
LONG = "a word " * 400 + "THE END"
CLAIMS: dict[str, Any] = {
    "parcel.case": "2026/17 {nb} <b>**bold**</b>",
    "parcel.number": "RB473124829US",
    "declared.1.recipient_name": "Żaneta Öğretmen, Ћирило Щербак, Ελένη Ωνάση, ﬁnn 😀",
    "declared.1.sender_city": "深圳市",
    "reasons.1": [LONG],
    "audit.7": {"who": "olaf", "detail": "x" * 1500},
    **{f"audit.{n}": {"who": "olaf", "action": "viewed"} for n in range(8, 40)},
}


def texts_of(content: bytes) -> list[str]:
    """Text of every page as another library reads it, without the number at its foot."""
    return [re.sub(r"\s*\d+\s*$", "", page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]


def said(content: bytes) -> str:
    """Whole text without blanks, as lines are broken anywhere."""
    return "".join("".join(texts_of(content)).split())


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return record_files(CLAIMS, "full", AT)


def test_the_pdf_says_what_the_page_says_and_no_more(files: dict[str, bytes]) -> None:
    record = record_of(CLAIMS, "full")
    rows = [text for title, rows in record.groups for text in (title, *(part for row in rows for part in row))]
    page = re.sub(r"<title>.*?</title>|<[^>]+>", "", files["record.html"].decode())
    expected = "".join([record.title, *record.paragraphs, *rows])
    assert "".join(unescape(page).split()) == "".join(expected.split())
    read = said(files["record.pdf"]).replace("[U+6DF1][U+5733][U+5E02]", "深圳市").replace("[U+FB01]", "ﬁ")
    notice = "".join(re.findall(r"Acharacterthat.*?hasitasitis\.|Acharacterthat.*?haveitasitis\.", read))
    assert "codepoint" in notice
    assert read.replace(notice, "") == "".join(expected.split())
    assert len(texts_of(files["record.pdf"])) > 1


def test_what_the_page_cuts_is_in_no_stream_of_the_pdf(files: dict[str, bytes]) -> None:
    assert "THEEND" not in said(files["record.pdf"])
    assert "(wholeinclaims.json)" in said(files["record.pdf"])
    without = {name: value for name, value in CLAIMS.items() if not name.startswith(("declared", "audit"))}
    cut = record_files(without, "disclosure", AT)["record.pdf"]
    assert not any(word in said(cut) for word in ("Żaneta", "olaf", "6DF1", "codepoint"))
    assert "Edition:disclosure" in said(cut)


def test_the_same_record_gives_the_same_bytes_and_the_time_is_that_of_the_bag(files: dict[str, bytes]) -> None:
    assert record_files(CLAIMS, "full", AT) == files
    assert PdfReader(io.BytesIO(files["record.pdf"])).metadata == {
        "/CreationDate": "D:20260310120000Z",
        "/Title": "Evidence: edition full",
    }


def test_nothing_in_it_acts_or_leads_elsewhere(files: dict[str, bytes]) -> None:
    for word in (b"/JS", b"/JavaScript", b"/URI", b"/Launch", b"/EmbeddedFile", b"/AcroForm", b"/Annots"):
        assert word not in files["record.pdf"]
    assert b"/OpenAction [3 0 R /FitH null]" in files["record.pdf"], "the first page, and nothing else"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź, Ђорђе, Ψυχή, Æðelþryð, €5 ≥ 4", None),
        ("深圳", "[U+6DF1][U+5733]"),
        ("אבג", "[U+05D0][U+05D1][U+05D2]"),
        ("re\u0301sume\u0301", "re[U+0301]sume[U+0301]"),
        ("seen\u202enees\u200b\u00ad\n", "seen[U+202E]nees[U+200B][U+00AD][U+000A]"),
        ("[U+6DF1] and [U]", "[U+005B]U+6DF1] and [U]"),
        ("🦄 😀", "[U+1F984] 😀"),
        ("\0U+", "[U+0000]U+"),
    ],
)
def test_a_character_is_drawn_as_it_is_or_written_as_its_code_point(text: str, expected: str | None) -> None:
    from matplotlib.ft2font import FT2Font

    from serving.pages.evidence_pdf import _folder_of_fonts

    known = FT2Font(str(_folder_of_fonts() / "DejaVuSans.ttf")).get_charmap()
    written = drawn(frozenset(known))(text)
    assert written == (expected or text)
    assert re.sub(r"\[U\+([0-9A-F]{4,6})\]", lambda found: chr(int(found[1], 16)), written) == text
