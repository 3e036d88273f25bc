"""Capacities as people write them, in TOML or JSON: times of the day, names of weekdays, minutes by method."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.parcel.problems import ParcelRiskError
from policy import Referral
from policy.shifts import MINUTES, Capacity, Shift, parsed_time

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["06:00"])]
_Minutes = Annotated[float, Field(gt=0, le=1_440)]


class ShiftModel(BaseModel):
    """One shift of a line, on some weekdays; times are UTC."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    line: Annotated[str, Field(min_length=1, max_length=35)] = Field(examples=["hall 1"])
    weekdays: Annotated[list[Weekday], Field(min_length=1)] = Field(description="Days on which it begins.")
    begins: _Time
    ends: _Time = Field(description="On the next day where it is before the beginning.")
    hands: Annotated[float, Field(gt=0, le=10_000)] = Field(description="Officers who inspect.", examples=[6])


class CapacityModel(BaseModel):
    """What all lines of an office can inspect."""

    model_config = ConfigDict(extra="forbid")
    shifts: Annotated[list[ShiftModel], Field(min_length=1, max_length=1_000)]
    overflow: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.05, description="Probability with which more may be selected for a shift than it can inspect."
    )
    minutes: dict[Literal["spot_check", "xray", "open"], _Minutes] = Field(
        default={}, description="Minutes of one inspection by one officer; methods left out keep the default."
    )
    holidays: list[date] = Field(default=[], description="Days on which no shift begins and a Sunday's mail comes.")

    def capacity(self) -> Capacity:
        """As the policy takes it.

        Raises
        ------
        ValueError
            When a shift ends when it begins.
        """
        shifts = tuple(
            Shift(
                line=one.line,
                weekdays=frozenset(_WEEKDAYS.index(day) for day in one.weekdays),
                begins=parsed_time(one.begins),
                ends=parsed_time(one.ends),
                hands=one.hands,
            )
            for one in self.shifts
        )
        minutes = MINUTES | {Referral(method): minutes for method, minutes in self.minutes.items()}
        return Capacity(shifts=shifts, overflow=self.overflow, minutes=minutes, holidays=frozenset(self.holidays))

    @classmethod
    def of(cls, capacity: Capacity) -> CapacityModel:
        """As people read it."""
        shifts = [
            ShiftModel(
                line=one.line,
                weekdays=[_WEEKDAYS[day] for day in sorted(one.weekdays)],
                begins=_clock(one.begins),
                ends=_clock(one.ends),
                hands=one.hands,
            )
            for one in capacity.shifts
        ]
        minutes: dict[Any, float] = {one.value: minutes for one, minutes in capacity.minutes.items()}
        return cls(shifts=shifts, overflow=capacity.overflow, minutes=minutes, holidays=sorted(capacity.holidays))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def capacity_of(content: str) -> Capacity:
    """Capacity of its stored text."""
    return CapacityModel.model_validate_json(content).capacity()


def text_of(capacity: Capacity) -> str:
    """Text of a capacity, as it is stored."""
    return CapacityModel.of(capacity).model_dump_json()


def read_capacity(path: Path) -> Capacity:
    """Read a TOML file.

    Raises
    ------
    ParcelRiskError
        When it is none, or a value in it cannot be used: it names which.
    """
    try:
        return CapacityModel.model_validate(tomllib.loads(path.read_text("utf-8"))).capacity()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise ParcelRiskError(f"{path}: {where}: {first['msg']}. See docs/decisions.md for an example.") from None
    except ValueError as error:
        raise ParcelRiskError(f"{path}: {error}. See docs/decisions.md for an example.") from error
