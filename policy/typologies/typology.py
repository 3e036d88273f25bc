"""A typology as it is written, and the rule that it becomes when an office adopts it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy.rules import Rule
from policy.rules.tree import number
from policy.vocabulary import Referral

PREFIX = "typology-"
"""Begins the name of the rule that a typology becomes."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a typology is from: a public report, or the office's own findings."""

    publisher: str
    title: str
    year: int


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """A condition that speaks for a typology.

    Attributes
    ----------
    when:
        In the language of the rules.
    weight:
        How much it counts among the others.
    says:
        What it stands for.
    """

    when: str
    weight: float
    says: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a typology yielded: parcels that it matched, of these inspected ones, and those with a finding.

    Attributes
    ----------
    first_on, last_on:
        Days of the mail that it was tested on.
    where:
        Whose mail it was.
    """

    where: str
    first_on: dt.date
    last_on: dt.date
    n_parcels: int
    n_matched: int
    n_inspected: int
    n_found: int


@dataclass(frozen=True, kw_only=True)
class Typology:
    """A way in which contraband is sent.

    Attributes
    ----------
    conditions:
        What speaks for it; a parcel matches to the weighted share of those that it meets, 0..1. One that cannot be
        evaluated counts as not met.
    threshold:
        Share from which a parcel is referred.
    refer:
        What is asked for then.
    look_for, hidden_in:
        What officers look for, and where it was hidden in reported cases.
    must_match, must_not_match:
        Facts of example parcels.
    measured:
        What it yielded where it was tested; empty where it was not.
    """

    name: str
    title: str
    description: str
    sources: tuple[Source, ...]
    conditions: tuple[Weighted, ...]
    threshold: float
    refer: Referral
    legal_basis: str
    look_for: tuple[str, ...]
    hidden_in: tuple[str, ...]
    must_match: tuple[Mapping[str, Any], ...]
    must_not_match: tuple[Mapping[str, Any], ...]
    measured: tuple[Found, ...] = ()

    @property
    def rule_name(self) -> str:
        """Name of the rule that it becomes."""
        return f"{PREFIX}{self.name}"

    @property
    def weights(self) -> float:
        """Weight of all conditions together."""
        return sum(one.weight for one in self.conditions)

    @property
    def when(self) -> str:
        """Its condition in the language of the rules: the weighted share of what is met reaches the threshold."""
        counted = " + ".join(f"{number(float(one.weight))} * ({one.when})" for one in self.conditions)
        return f"({counted}) / {number(float(self.weights))} >= {number(float(self.threshold))}"

    def rule(self, *, owner: str, expires_on: dt.date, document: Mapping[str, Any]) -> Rule:
        """The rule that it becomes; `document` is the typology as it is stored with it."""
        return Rule(
            name=self.rule_name,
            when=self.when,
            refer=self.refer,
            owner=owner,
            legal_basis=self.legal_basis,
            expires_on=expires_on,
            says=self.title,
            must_match=self.must_match,
            must_not_match=self.must_not_match,
            typology=document,
        )
