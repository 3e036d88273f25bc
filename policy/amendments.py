"""When an operator is shown the answer to an amendment: a dated table (``amendments.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from features.parcel.problems import ParcelRiskError

FILE = "amendments.toml"
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
_ANY = "*"
_NUMBERS = ("per_parcel", "per_client", "wait_hours", "probing", "moved")
_KEYS = {"from", "source", "cutoff", *_NUMBERS}


class AmendmentError(ParcelRiskError):
    """The table of answers to amendments cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Cutoff:
    """Times of the day, UTC, at which amendments on a lane are answered; ``*`` is any origin or destination."""

    origin: str
    destination: str
    at: tuple[time, ...]

    def fits(self, event: Mapping[str, Any]) -> bool:
        """Whether a parcel, given by columns of its event, is on the lane."""
        origins = (_ANY, event["dispatch_country"], event["origin_office"])
        return self.origin in origins and self.destination in (
            _ANY,
            event["recipient_country"],
            event["destination_office"],
        )

    def after(self, at: datetime) -> datetime:
        """The next of the times behind `at`."""
        days = (at.date(), at.date() + DAY)
        times = (datetime.combine(day, one, tzinfo=at.tzinfo) for day in days for one in self.at)
        return min(one for one in times if one > at)


@dataclass(frozen=True, kw_only=True)
class AmendmentRule:
    """What holds from a day on; ``amendments.toml`` says what each number means."""

    first_on: date
    source: str
    per_parcel: int
    per_client: int
    wait_hours: int
    probing: int
    moved: int
    cutoffs: tuple[Cutoff, ...] = ()

    def shown_at(self, event: Mapping[str, Any], at: datetime, *, n_parcel: int, n_client: int) -> datetime:
        """When the answer to an amendment that came `at` (UTC) is shown.

        Parameters
        ----------
        event:
            Columns of the parcel event.
        n_parcel:
            Amendments of the parcel within 24 hours, this one as well.
        n_client:
            Amendments of the client within an hour, this one as well.
        """
        times = [one.after(at) for one in self.cutoffs if one.fits(event)]
        if n_parcel > self.per_parcel or n_client > self.per_client:
            times.append(at + timedelta(hours=self.wait_hours))
        return max(times, default=at)


@dataclass(frozen=True, kw_only=True)
class Amendments:
    """The table, newest rows first."""

    rules: tuple[AmendmentRule, ...]

    def on(self, day: date) -> AmendmentRule:
        """What is in force on a day; before the first row that row holds."""
        return next((one for one in self.rules if one.first_on <= day), self.rules[-1])


def load_amendments(folder: Path | None) -> Amendments:
    """Read the table from `folder`; the shipped one without a folder, or where it holds none.

    Raises
    ------
    AmendmentError
        When it cannot be used.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return shipped_amendments()
    try:
        return amendments_of(path.read_text("utf-8"))
    except (KeyError, TypeError, ValueError) as error:
        raise AmendmentError(f"{path} cannot be used: {error}. Compare with policy/{FILE} that is shipped.") from error


@cache
def shipped_amendments() -> Amendments:
    """The table that this package ships."""
    return amendments_of(files("policy").joinpath(FILE).read_text("utf-8"))


def amendments_of(text: str) -> Amendments:
    """Table of the text of a file.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it cannot be used.
    """
    rules = [_rule(entry) for entry in tomllib.loads(text)["table"]]
    return Amendments(rules=tuple(sorted(rules, key=lambda one: one.first_on, reverse=True)))


def _rule(entry: Mapping[str, Any]) -> AmendmentRule:
    unknown = entry.keys() - _KEYS
    if unknown:
        raise ValueError(f"{min(unknown)} is no key of a table")
    numbers = {name: entry[name] for name in _NUMBERS}
    wrong = [name for name, number in numbers.items() if type(number) is not int or number < 0]
    if wrong or not entry["probing"] or not entry["moved"]:
        raise ValueError(f"{(wrong or ['probing or moved'])[0]} is to be a whole number, and not negative or zero")
    if type(entry["from"]) is not date:
        raise ValueError("from is to be a date, as in 2026-01-01")
    cutoffs = tuple(_cutoffs(entry.get("cutoff", [])))
    return AmendmentRule(first_on=entry["from"], source=str(entry["source"]), cutoffs=cutoffs, **numbers)


def _cutoffs(entries: Iterable[Mapping[str, Any]]) -> Iterable[Cutoff]:
    for one in entries:
        at = tuple(time.fromisoformat(given) for given in one["at"])
        if not at:
            raise ValueError("a cutoff names no time")
        yield Cutoff(origin=one["origin"], destination=one["destination"], at=at)
