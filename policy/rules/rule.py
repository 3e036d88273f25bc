"""A rule of the office: condition, what it asks for, owner, legal basis, last day, and the parcels that test it.

It asks for a referral (`refer`), or raises the score (`raises`). It is exchanged as a TOML file::

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
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policy.rules import tree
from policy.rules.boxes import is_origin_alone
from policy.rules.columns import of_facts
from policy.rules.lines import Lines, check_lines, on_lines
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
MOST_POINTS = 3.0
"""Most points by which one rule, and all of a parcel together, raise a score: eight times the odds."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_TEXTS = ("name", "when", "owner", "legal_basis")
Facts = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule as it is written.

    Attributes
    ----------
    when:
        The condition, see docs/decision-rules.md.
    refer:
        What it asks for; None for a rule that raises the score instead.
    raises:
        Points that it adds to the rank of the score, each of which doubles the odds; 0 for a rule that refers.
    owner:
        Who answers for it: a team or a function.
    expires_on:
        Last day on which it may hit.
    lines:
        Screening lines on which it is live; all where none is named.
    must_match, must_not_match:
        Facts of test parcels by name, at least one of each.
    covert:
        Whether what it asks is hidden from operators: they are shown what would be asked without it.
    typology:
        The typology that it was adopted from, see `policy.typologies`; empty for a rule that was written here.
    """

    name: str
    when: str
    refer: Referral | None = None
    raises: float = 0.0
    owner: str
    legal_basis: str
    expires_on: dt.date
    says: str = ""
    lines: tuple[str, ...] = ()
    must_match: tuple[Facts, ...] = ()
    must_not_match: tuple[Facts, ...] = ()
    covert: bool = False
    typology: Mapping[str, Any] = field(default_factory=dict)

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
            **_effect(document),
            owner=texts["owner"],
            legal_basis=texts["legal_basis"],
            says=_text(document, "says") if document.get("says") else "",
            expires_on=_day(document),
            lines=tuple(map(str, _list(document, "lines"))),
            must_match=_parcels(document, "must_match"),
            must_not_match=_parcels(document, "must_not_match"),
            covert=_yes_no(document, "covert"),
            typology=_table(document, "typology"),
        )

    def as_document(self) -> dict[str, Any]:
        """What `from_document` reads, as JSON holds it."""
        return {
            **{name: getattr(self, name) for name in (*_TEXTS, "says")},
            **({"raises": self.raises} if self.refer is None else {"refer": self.refer.value}),
            "expires_on": self.expires_on.isoformat(),
            **{name: list(getattr(self, name)) for name in ("lines", "must_match", "must_not_match")},
            **({"covert": True} if self.covert else {}),
            **({"typology": dict(self.typology)} if self.typology else {}),
        }

    @property
    def asks(self) -> Referral:
        """The referral that a hit asks for: a release, which asks for nothing, of a rule that raises the score."""
        return Referral.RELEASE if self.refer is None else self.refer

    @property
    def effect(self) -> str:
        """What it does, in words."""
        asks = f"asks for {self.refer}" if self.refer else f"raises the score by {self.raises:g} points"
        return f"{asks}, covertly" if self.covert else asks


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A rule that can be used.

    Attributes
    ----------
    tree:
        Of its condition.
    lines:
        Lines of the office, see `policy.rules.lines`.
    """

    rule: Rule
    tree: Predicate
    lines: Lines = field(default_factory=dict)

    @cached_property
    def acting(self) -> Predicate:
        """The condition for the parcels of the lines that the rule is live on."""
        return on_lines(self.tree, self.rule.lines, self.lines) or self.tree

    @cached_property
    def identity(self) -> str:
        """Digest of the canonical condition: the same for whatever says the same."""
        return tree.digest(self.tree)

    @cached_property
    def acting_identity(self) -> str:
        """Digest of what acts: the same as the identity where no line is named."""
        return tree.digest(self.acting)


def shown_name(name: str) -> str:
    """A name as a message may repeat it: what cannot be a name may be anything, somebody's data as well."""
    return name if _NAME.fullmatch(name) else "this name"


def check(
    rule: Rule,
    *,
    today: dt.date,
    known: Vocabulary | None = None,
    lists: Lists | None = None,
    lines: Lines | None = None,
) -> Checked:
    """Read the condition, and run it on its test parcels, which tell nothing of the lines that it is live on.

    Raises
    ------
    RuleError
        When it cannot be read, has expired, would select by origin alone, lacks a test parcel, names a line that there
        is not, or a test parcel is decided otherwise than the rule says.
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
    check_lines(rule.lines, lines or {})
    return Checked(rule=rule, tree=found, lines=lines or {})


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
        why = _why_not(found, parcels[wrong[0] - 1], known, lists)
        done = f"is not matched: {why}" if name == "must_match" else "is matched"
        raise RuleError(f"{name}: parcel {wrong[0]} {done}. Correct the condition or the parcel.")


def _why_not(found: Predicate, parcel: Facts, known: Vocabulary, lists: Lists | None) -> str:
    """Of conditions that are joined by AND: those that a test parcel fails, or that lack one of its facts."""
    parts = found.parts if isinstance(found, tree.And) else (found,)
    truths = Program(parts, known, lists).truths(of_facts([parcel]))
    said = [
        f"{tree.text(part)} is {'false' if truth.is_false[0] else 'not known of it'}"
        for part, truth in zip(parts, truths, strict=True)
        if not truth.is_true[0]
    ]
    return "; ".join(said)


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


def _effect(document: Mapping[str, Any]) -> dict[str, Any]:
    """The referral that it asks for, or the points that it raises the score by: one of them."""
    refer, raises = document.get("refer"), document.get("raises")
    if (refer is None) is (raises is None):
        raise RuleError('write either refer = "open", or raises = 1 to raise the score by points.')
    if refer is not None:
        return {"refer": _referral(refer)}
    if isinstance(raises, bool) or not isinstance(raises, int | float) or not 0 < raises <= MOST_POINTS:
        raise RuleError(f"raises: write points above 0 and at most {MOST_POINTS:g}; each doubles the odds.")
    return {"raises": float(raises)}


def _referral(text: object) -> Referral:
    if not isinstance(text, str) or text not in {one.value for one in REFERRALS}:
        raise RuleError(f"refer: write one of {', '.join(REFERRALS)}.{nearest(str(text)[:40], REFERRALS)}")
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


def _yes_no(document: Mapping[str, Any], name: str) -> bool:
    value = document.get(name) or False
    if not isinstance(value, bool):
        raise RuleError(f"{name}: write true or false.")
    return value


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name) or {}
    if not isinstance(value, dict):
        raise RuleError(f"{name}: write its fields.")
    return value


def _parcels(document: Mapping[str, Any], name: str) -> tuple[Facts, ...]:
    parcels = _list(document, name)
    if len(parcels) > MOST_TEST_PARCELS or not all(isinstance(one, dict) for one in parcels):
        raise RuleError(f"{name}: give at most {MOST_TEST_PARCELS} parcels, each as [[{name}]] with its facts.")
    return tuple(parcels)
