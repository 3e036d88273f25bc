"""A rule of the office: condition, what it asks for, owner, legal basis, last day, and the parcels that test it.

It is exchanged as a TOML file::

    name = "cover-letters"
    when = "dispatch_country = 'NL' AND gross_weight_g < 100 AND description CONTAINS ANY LIST cover_goods"
    refer = "open"
    owner = "postal team"
    legal_basis = "UCC, Article 46"
    expires_on = 2027-06-30
    says = "Small letters that name cover goods."

    [[must_match]]
    dispatch_country = "NL"
    gross_weight_g = 60
    description = "green tea"

    [[must_not_match]]
    dispatch_country = "NL"
    gross_weight_g = 900
    description = "green tea"
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policy.rules import tree
from policy.rules.boxes import is_origin_alone
from policy.rules.columns import of_facts
from policy.rules.operands import Lists
from policy.rules.problems import RuleError, nearest
from policy.rules.program import Program
from policy.rules.reading import read
from policy.rules.tree import Predicate
from policy.rules.vocabulary import Kind, Vocabulary, Word, vocabulary
from policy.vocabulary import Referral

MOST_FILE_BYTES = 65_536
MOST_TEST_PARCELS = 50
REFERRALS = tuple(one for one in Referral if one.strength > Referral.NOT_ASSESSED.strength)
"""What a rule may ask for."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_TEXTS = ("name", "when", "refer", "owner", "legal_basis")
Facts = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule as it is written.

    Attributes
    ----------
    when:
        The condition, see docs/decision-rules.md.
    refer:
        What it asks for.
    owner:
        Who answers for it: a team or a function.
    expires_on:
        Last day on which it may hit.
    lines:
        Screening lines on which it is live; all where none is named.
    must_match, must_not_match:
        Facts of test parcels by name, at least one of each.
    """

    name: str
    when: str
    refer: Referral
    owner: str
    legal_basis: str
    expires_on: dt.date
    says: str = ""
    lines: tuple[str, ...] = ()
    must_match: tuple[Facts, ...] = ()
    must_not_match: tuple[Facts, ...] = ()

    @classmethod
    def from_toml(cls, text: str) -> Rule:
        """Read a file; the condition is not looked at yet, see `check`.

        Raises
        ------
        RuleError
            When a value is missing, unknown or no value of its field.
        """
        if len(text.encode("utf-8", "surrogatepass")) > MOST_FILE_BYTES:
            raise RuleError(f"the file has more than {MOST_FILE_BYTES:,} bytes; a rule has fewer.")
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise RuleError(f"the file is not TOML: {error}. docs/decision-rules.md shows one.") from None
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Rule:
        """Read what a file or the store holds; see `from_toml`."""
        known = tuple(cls.__dataclass_fields__)
        for name in document:
            if name not in known:
                raise RuleError(f"there is no field {name[:40]}.{nearest(name, known)}")
        texts = {name: _text(document, name) for name in _TEXTS}
        if not _NAME.fullmatch(texts["name"]):
            raise RuleError("name: write at most 60 small letters, digits, points and hyphens, as in cover-letters.")
        return cls(
            name=texts["name"],
            when=texts["when"],
            refer=_referral(texts["refer"]),
            owner=texts["owner"],
            legal_basis=texts["legal_basis"],
            says=_text(document, "says") if document.get("says") else "",
            expires_on=_day(document),
            lines=tuple(map(str, _list(document, "lines"))),
            must_match=_parcels(document, "must_match"),
            must_not_match=_parcels(document, "must_not_match"),
        )

    def as_document(self) -> dict[str, Any]:
        """What `from_document` reads, as JSON holds it."""
        return {
            **{name: getattr(self, name) for name in (*_TEXTS, "says")},
            "refer": self.refer.value,
            "expires_on": self.expires_on.isoformat(),
            **{name: list(getattr(self, name)) for name in ("lines", "must_match", "must_not_match")},
        }


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A rule that can be used, with the tree of its condition."""

    rule: Rule
    tree: Predicate

    @cached_property
    def identity(self) -> str:
        """Digest of the canonical condition: the same for whatever says the same."""
        return tree.digest(self.tree)


def check(rule: Rule, *, today: dt.date, known: Vocabulary | None = None, lists: Lists | None = None) -> Checked:
    """Read the condition, and run it on its test parcels.

    Raises
    ------
    RuleError
        When it cannot be read, has expired, would select by origin alone, lacks a test parcel, or a test parcel is
        decided otherwise than the rule says.
    """
    words = vocabulary() if known is None else known
    found = read(rule.when, words, lists)
    if is_origin_alone(found, words):
        raise RuleError(
            "the origin alone selects nobody: join each alternative by AND with a condition on the parcel itself, one "
            "that not every parcel meets.",
            1,
        )
    if rule.expires_on < today:
        raise RuleError(f"expires_on: the rule has expired on {rule.expires_on}. Give a later day.")
    for name in ("must_match", "must_not_match"):
        _check_parcels(rule, found, name, words, lists)
    return Checked(rule=rule, tree=found)


def _check_parcels(rule: Rule, found: Predicate, name: str, known: Vocabulary, lists: Lists | None) -> None:
    parcels: tuple[Facts, ...] = getattr(rule, name)
    if not parcels:
        raise RuleError(f"{name}: give at least one test parcel, as [[{name}]] with its facts.")
    for number, parcel in enumerate(parcels, start=1):
        for column, value in parcel.items():
            _check_fact(f"{name}, parcel {number}", column, value, known)
    hits = Program([found], known, lists).hits(of_facts(parcels))[0]
    wrong = [number for number, is_hit in enumerate(hits, start=1) if bool(is_hit) is not (name == "must_match")]
    if wrong:
        done = "is not matched" if name == "must_match" else "is matched"
        raise RuleError(f"{name}: parcel {wrong[0]} {done}. Correct the condition or the parcel.")


def _check_fact(where: str, column: str, value: object, known: Vocabulary) -> None:
    word = known.get(column)
    if word is None:
        raise RuleError(f"{where}: there is no column {column[:60]}.{nearest(column, known)}")
    if not _fits(word, value):
        raise RuleError(f"{where}: {column} holds {_VALUES[word.kind]}.")


def _fits(word: Word, value: object) -> bool:
    match word.kind:
        case Kind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
        case Kind.YES_NO:
            return isinstance(value, bool)
        case _:
            return isinstance(value, str)


_VALUES = {
    Kind.NUMBER: "a number",
    Kind.YES_NO: "true or false",
    Kind.TEXT: "a text in quotes",
    Kind.WORDS: "a text in quotes",
}


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RuleError(f"{name}: write a text in quotes.")
    if name != "when" and len(value) > 500:
        raise RuleError(f"{name}: write at most 500 characters.")
    return value


def _referral(text: str) -> Referral:
    if text not in {one.value for one in REFERRALS}:
        raise RuleError(f"refer: write one of {', '.join(REFERRALS)}.{nearest(text, REFERRALS)}")
    return Referral(text)


def _day(document: Mapping[str, Any]) -> dt.date:
    value = document.get("expires_on")
    try:
        day = dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, dt.date) or isinstance(day, dt.datetime):
        raise RuleError("expires_on: write the last day on which it may hit, as in 2027-06-30.")
    return day


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    value = document.get(name, [])
    if not isinstance(value, list):
        raise RuleError(f"{name}: write a list.")
    return value


def _parcels(document: Mapping[str, Any], name: str) -> tuple[Facts, ...]:
    parcels = _list(document, name)
    if len(parcels) > MOST_TEST_PARCELS or not all(isinstance(one, dict) for one in parcels):
        raise RuleError(f"{name}: give at most {MOST_TEST_PARCELS} parcels, each as [[{name}]] with its facts.")
    return tuple(parcels)
