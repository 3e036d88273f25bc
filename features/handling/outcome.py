"""The outcome of a parcel, derived from the stages of its inspection by one rule.

The rule, for the entries that are in force (what was corrected is not):

1. A finding stands unless a stronger method, or the same method later, found nothing; a confirmed finding yields only
   to a confirmed result. From weak to strong: documents; x-ray, dog, trace detection and whatever nobody named;
   opening; laboratory. X-ray, dog and trace detection see different things: none resolves what another has raised.
2. Where a confirmed finding stands, the parcel's outcome is *found*.
3. Else, where a presumptive finding stands, there is no outcome yet: the alarm is to be resolved.
4. Else, where a method that looks into the parcel found nothing, the outcome is *nothing found*, by the strongest such
   method. Documents cannot say so, and neither can a look whose result was unclear.
5. Else, where the last word about its presence is that the parcel was not presented, that is the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """What a stage says."""

    NOTHING_FOUND = "nothing_found"
    FOUND = "found"
    UNCLEAR = "unclear"
    PRESENTED = "presented"
    NOT_PRESENTED = "not_presented"


class Certainty(StrEnum):
    """How sure a result is."""

    PRESUMPTIVE = "presumptive"
    CONFIRMED = "confirmed"


STRENGTH: dict[str | None, int] = {
    "documents": 0,
    None: 1,
    "xray": 1,
    "dog": 1,
    "trace": 1,
    "opened": 2,
    "laboratory": 3,
}
"""By method; None is one that nobody named."""
RAISES_ALARMS = ("xray", "dog", "trace")
"""Methods whose findings are alarms until they are confirmed."""
CANNOT_CLEAR = ("documents",)
"""Methods that do not look into the parcel."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one stage says; `method` is None where nobody named it, or where it is about the parcel's presence."""

    result: Result
    method: str | None = None
    certainty: Certainty = Certainty.CONFIRMED
    finding_class: str | None = None
    finding_mass_g: int | None = None

    @property
    def strength(self) -> int:
        """Of its method."""
        return STRENGTH[self.method]

    @property
    def clears(self) -> bool:
        """Whether it says that nothing is in the parcel, by a method that can."""
        return self.result is Result.NOTHING_FOUND and self.method not in CANNOT_CLEAR


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Outcome of a parcel; `by` is the index of the entry on which it rests."""

    result: Result
    by: int
    finding_class: str | None = None
    finding_mass_g: int | None = None


def usual_certainty(method: str | None, result: Result) -> Certainty:
    """Certainty of a result where nobody states it."""
    is_alarm = result is Result.FOUND and method in RAISES_ALARMS
    return Certainty.PRESUMPTIVE if is_alarm else Certainty.CONFIRMED


def outcome_of(entries: Sequence[Entry]) -> Derived | None:
    """Outcome that the entries in force of one parcel give, in the order in which they were made.

    Returns
    -------
    Derived or None
        None while nobody has looked, nothing can be said, or an alarm is open.
    """
    standing = list(_standing_findings(entries))
    confirmed = [place for place in standing if entries[place].certainty is Certainty.CONFIRMED]
    if confirmed:
        return _found(entries, confirmed)
    if standing:
        return None
    clear = [place for place, one in enumerate(entries) if one.clears]
    if clear:
        return Derived(result=Result.NOTHING_FOUND, by=_strongest(entries, clear))
    presence = [place for place, one in enumerate(entries) if one.result in (Result.PRESENTED, Result.NOT_PRESENTED)]
    if presence and entries[presence[-1]].result is Result.NOT_PRESENTED:
        return Derived(result=Result.NOT_PRESENTED, by=presence[-1])
    return None


def has_open_alarm(entries: Sequence[Entry]) -> bool:
    """Whether a presumptive finding stands and no confirmed one: another stage must resolve it."""
    standing = [entries[place].certainty for place in _standing_findings(entries)]
    return bool(standing) and Certainty.CONFIRMED not in standing


def _standing_findings(entries: Sequence[Entry]) -> Iterator[int]:
    clear = [(place, one) for place, one in enumerate(entries) if one.clears]
    for place, finding in enumerate(entries):
        if finding.result is Result.FOUND and not any(
            _overrules(one, finding, is_later=later > place) for later, one in clear
        ):
            yield place


def _overrules(clear: Entry, finding: Entry, *, is_later: bool) -> bool:
    is_surer = clear.certainty is Certainty.CONFIRMED or finding.certainty is Certainty.PRESUMPTIVE
    return is_surer and (clear.strength > finding.strength or (clear.method == finding.method and is_later))


def _strongest(entries: Sequence[Entry], places: Sequence[int]) -> int:
    """The strongest of some entries; of equally strong ones the last."""
    return max(places, key=lambda place: (entries[place].strength, place))


def _found(entries: Sequence[Entry], confirmed: Sequence[int]) -> Derived:
    """A finding; class and mass are those of the strongest stage that states them."""
    ranked = [entries[place] for place in sorted(confirmed, key=lambda place: (-entries[place].strength, -place))]
    return Derived(
        result=Result.FOUND,
        by=_strongest(entries, confirmed),
        finding_class=next((one.finding_class for one in ranked if one.finding_class is not None), None),
        finding_mass_g=next((one.finding_mass_g for one in ranked if one.finding_mass_g is not None), None),
    )
