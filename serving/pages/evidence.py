"""The record in a bag of evidence: claims by group, for people, as a page that loads nothing and needs no script.

`record_of` is what the page and the PDF say: both show its texts, and none of their own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from serving.pages.layout import text_of

_TITLES = {
    "parcel": "Parcel",
    "known": "When the office learned of it",
    "declared": "What was declared",
    "sender": "What was declared of the sender",
    "decision": "Decision",
    "score": "Score",
    "reasons": "What raised the score",
    "against": "What lowered the score",
    "favour": "What speaks for the addressee",
    "draw": "Draw",
    "stage": "Stages of the inspection",
    "outcome": "Outcomes",
    "correction": "Corrections",
    "officer": "Officers",
    "custody": "Custody of exhibits",
    "rules": "Rules that it met",
    "lists": "Lists that it met",
    "stops": "Stops of the score that held",
    "row": "Feature row",
    "policy": "Policy in force",
    "model": "Model in force",
    "audit": "Who looked and did what",
}
_LONGEST = 2_000
_ADVICE = "A score is advice about a consignment; a person decided."
_CHECK = (
    "Check this bag offline with: python data/verify.py BAG PUBLIC_KEY. The public key comes from the office that made "
    "it, not from the bag. What this edition withholds is in commitments.txt by name."
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything `evidence.html` and the PDF show, in the order in which they show it."""

    title: str
    edition: str
    paragraphs: tuple[str, ...]
    groups: list[tuple[str, list[tuple[str, str]]]]


def record_of(claims: dict[str, Any], edition: str) -> Record:
    """Record of the claims of an edition."""
    order = list(_TITLES)
    ranked = sorted(claims, key=lambda name: (order.index(name.partition(".")[0]), name))
    groups = [
        (_TITLES[group], [(name, _shown(claims[name])) for name in names])
        for group, names in groupby(ranked, key=lambda name: name.partition(".")[0])
    ]
    about = f"Case {claims['parcel.case']}. Edition: {edition}. {_ADVICE}"
    title = f"Parcel {claims['parcel.number']}"
    return Record(title=title, edition=edition, paragraphs=(about, _CHECK), groups=groups)


def record_page(record: Record) -> str:
    """HTML of a record."""
    return text_of("evidence.html", record)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... (whole in claims.json)"
