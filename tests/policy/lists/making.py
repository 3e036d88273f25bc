"""Terms and lists of tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from policy.lists import Content, ListField, ListKind, Terms, read_entries
from policy.lists.terms import usual_referral
from tests.builders import KEY

TODAY = dt.date(2026, 11, 2)


def terms(*fields: ListField, kind: ListKind = ListKind.WATCH, **changes: Any) -> Terms:
    """Terms without any fault."""
    given: dict[str, Any] = {
        "name": "sanctions",
        "kind": kind,
        "fields": fields or (ListField.SENDER,),
        "asks": usual_referral(kind),
        "owner": "intelligence unit",
        "legal_basis": "Customs Code, article 46",
        "reason": "findings of last quarter",
        "source": "our own findings",
        "source_code": "A",
        "information_code": 1,
        "handling": "H0",
        "review_on": TODAY + dt.timedelta(days=90),
    }
    return Terms(**given | changes)


def content(of: Terms, *lines: str) -> Content:
    """Content of a list by lines of CSV, the first of which is the header."""
    read = read_entries("\n".join(lines).encode(), of, KEY, TODAY)
    assert read.content is not None, read.faults
    return read.content
