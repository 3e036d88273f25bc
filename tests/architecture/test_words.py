"""Words that read strangely in English do not come back: the table names each, and the term of the field for it.

Pages, docs and messages are read by officers, operators and data scientists. What they read, and what the code says of
itself in strings, docstrings and comments, uses the terms of the README's glossary.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from tests.architecture.test_modules import MODULES, ROOT

_STORED = r"(with|in|on|there|beside|twice|after|before|behind|under|encrypted)\b"
_RANK = "sequence number, offset, index, rank, percentile"

PHRASES = {
    r"\bdoors?\b": "format adapter",
    r"\bshel(f|ves)\b": "model store",
    r"\bcrown(s|ed)?\b": "promote",
    r"\bchores?\b": "command, task",
    r"\b(un)?mend(s|ed|ing)?\b": "correct; pending correction",
    r"\bstretch(es)?\b": "segment",
    r"\bfiles of the past\b": "historical backfill",
    r"\byoung(er)? (labels?|findings?|results?|than)\b|\b(too|still) young\b|\bripen?(ed)?\b": "label maturity",
    r"\bplay(s|ed|ing)?\b": "simulate, replay, process",
    r"\bbesides?\b": "next to, compared with, in addition to",
    r"\bdear(est|er)?\b": "premium, most valuable",
    r"\btours?\b": "quick start",
    r"\b(the|this) (house|room)\b(?! (bill|level|number))": "architecture, module",
    r"\bhears? of\b": "is updated with",
    r"\btold\b": "reported, shown",
    r"\bsaid as\b": "reported as",
    r"\b(taken?|takes|took|taking) (\w+ ){0,4}back\b": "retract",
    r"\b(goes|go|going|went) on\b": "resume, continue",
    r"\b(broken|breaks|broke|break) off\b": "interrupted",
    r"\b(lies?|lay) " + _STORED: "is stored, is in",
    r"\b(stands?|stood) " + _STORED: "is present, is given, occurs",
    r"\bnothing (found )?included\b": "'nothing found' is an outcome, too",
    r"(?<!mail )(?<!control )\bflows?\b(?! back\b)": "mail flow, screened population",
    r"\bburdens?\b": "false-positive rate, disparate impact",
    r"\bworth\b": "utility, severity-weighted value",
    r"\bcame to the table\b": "not presented",
    r"\bno inspection asked for\b": "no inspection required",
    r"\bas many as it can\b": "up to its capacity",
    r"\blimited answer\b": "not assessed",
    r"\bwho calls\b": "authentication required",
    r"\bpacked twice\b": "double compression",
    r"\banswers in force\b": "current decisions",
    r"\bwriter's place\b": "writer lock",
    r"\bodd\b(?! (number|one))": "outlier",
    r"\bdeclarations by others\b": "third-party declaration data",
    r"\bby command only\b|\bone word per\b": "generated files; one target per task",
    r"\b(from|of|in) (a|its|their) places?\b|\bplaces? (of a score|in the (log|rows?|list|order))\b": _RANK,
    r"\b(rows?|files?|jobs?) (that )?waits?\b|\bwaits? in quarantine\b": "pending; the queue is full",
}
"""Phrase, a regular expression over text in lower case with single blanks, and what to say instead."""

_WHO, _MORE, _FLOW = r"\bwho calls\b", r"\b(goes|go|going|went) on\b", r"(?<!mail )(?<!control )\bflows?\b(?! back\b)"
_BACK = r"\b(taken?|takes|took|taking) (\w+ ){0,4}back\b"
PENDING: dict[str, tuple[str, ...]] = {}
"""Phrases that are not corrected yet, by the beginning of the path in which they are let pass."""

TEXTS = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Makefile")),
        *(path for path in (ROOT / "docs").glob("*.md") if path.name != "evidence.md"),
        *(ROOT / "serving" / "pages" / "templates").glob("*.html"),
        *(ROOT / "features" / "messages").glob("*.toml"),
    ]
)


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of what a file says to readers: all of a page; of a module its strings and comments."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        yield 1, text
        return
    kinds = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds:
            yield token.start[0], token.string


def strange(text: str) -> Iterator[tuple[int, str, str]]:
    """Line (from 0), use and phrase of what `text` should say in other words, over the ends of lines as well."""
    parts = list(re.finditer(r"[^\s#]+", text.lower()))
    flat = " ".join(part[0] for part in parts)
    starts = list(accumulate((len(part[0]) + 1 for part in parts), initial=0))
    for phrase in PHRASES:
        for match in re.finditer(phrase, flat):
            first = parts[bisect_right(starts, match.start()) - 1]
            yield text.count("\n", 0, first.start()), match[0], phrase


def uses(path: Path) -> list[str]:
    """Every use of a phrase in a file, with its line and the term to use instead."""
    name = path.relative_to(ROOT).as_posix()
    allowed = {phrase for prefix, phrases in PENDING.items() if name.startswith(prefix) for phrase in phrases}
    return [
        f"{name}:{first + line}: {use!r}, say: {PHRASES[phrase]}"
        for first, text in said(path)
        for line, use, phrase in strange(text)
        if phrase not in allowed
    ]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_text_uses_the_terms_of_the_field(path: Path) -> None:
    assert uses(path) == []


def test_code_speaks_of_itself_in_the_terms_of_the_field() -> None:
    assert [use for path in MODULES for use in uses(path)] == []


@pytest.mark.parametrize(
    "text",
    ["Who calls?", "Key stands\n    twice.", "taken, and taken back", "a share of the flow", "rows wait", "the house"],
)
def test_a_strange_phrase_is_noticed_also_over_the_end_of_a_line(text: str) -> None:
    assert list(strange(text))


@pytest.mark.parametrize("text", ["a displayed card", "the house bill", "the mail flow", "workflow", "network"])
def test_ordinary_words_are_let_pass(text: str) -> None:
    assert list(strange(text)) == []


def test_nothing_is_let_pass_that_is_corrected_by_now() -> None:
    for prefix, phrases in PENDING.items():
        paths = [path for path in (*MODULES, *TEXTS) if path.relative_to(ROOT).as_posix().startswith(prefix)]
        seen = {phrase for path in paths for _, text in said(path) for _, _, phrase in strange(text)}
        assert set(phrases) <= seen, f"{prefix}: {set(phrases) - seen} can be taken from the list"
