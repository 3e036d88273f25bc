"""The slow, obvious history: for every event, look at all earlier events of the same entity and count."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

HOUR, DAY = 3_600, 86_400


@dataclass
class Seen:
    """Counterparties of one entity, or its parties, as [key, hour last seen], in the order of their places."""

    most: int = 64
    places: list[list[int]] = field(default_factory=list)

    def meet(self, other: int, hour: int) -> None:
        for place in self.places:
            if place[0] == other:
                place[1] = max(place[1], hour)
                return
        if len(self.places) < self.most:
            self.places.append([other, hour])
            return
        longest_unseen = min(range(self.most), key=lambda place: self.places[place][1])
        self.places[longest_unseen] = [other, hour]


def slow_history(events: pd.DataFrame) -> pd.DataFrame:
    """Read every parcel of `events`.

    Columns: count, at, counted_at, key, other, party, value, weight, inspected, found, random.

    `count` is 1 for a parcel and -1 where one is taken back; what is taken back has negative sums. `key`, `other`
    and `party` are -1 where there is none. Returns one row per event; rows that read nothing hold zeros.
    """
    seen: dict[int, Seen] = {}
    sharing: dict[int, Seen] = {}
    rows = []
    for place in range(len(events)):
        event = events.iloc[place]
        row = dict.fromkeys(COLUMNS, 0)
        if event["key"] != -1:
            before = events.iloc[:place]
            before = before[before["key"] == event["key"]]
            known = seen.setdefault(int(event["key"]), Seen())
            parties = sharing.setdefault(int(event["key"]), Seen(most=17))
            if event["count"] > 0:
                row |= _read(before, known, int(event["at"]), int(event["other"]))
                first_hour = (int(event["at"]) // DAY - 90) * 24
                row["parties"] = sum(place[1] >= first_hour for place in parties.places)
                row["present"] = 2 if row["parties"] > 16 else 1
                if event["party"] != -1:
                    parties.meet(int(event["party"]), int(event["counted_at"]) // HOUR)
                if event["other"] != -1:
                    known.meet(int(event["other"]), int(event["counted_at"]) // HOUR)
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


WINDOWS = (1, 3, 7, 14, 28, 90)
COLUMNS = [
    "present",
    *(f"{name}_{days}d" for name in ("n", "value", "weight", "inspected", "found") for days in WINDOWS),
    "n",
    "value",
    "weight",
    "inspected",
    "found",
    "random",
    "random_found",
    "first_at",
    "last_at",
    "days_since_inspected",
    "days_since_found",
    "others",
    "others_28d",
    "other_seen",
    "parties",
]


def _read(before: pd.DataFrame, known: Seen, at: int, other: int) -> dict[str, int]:
    row = dict.fromkeys(("first_at", "last_at"), -1)
    parcels = before[before["count"] > 0]
    hours, days = before["counted_at"] // HOUR, before["counted_at"] // DAY
    # Of an entity only the newest hour and the 24 before it, and the newest day and the 90 before it, are kept.
    kept_hour = hours >= hours.max() - 24 if len(before) else hours == 0
    kept_day = days >= days.max() - 90 if len(before) else days == 0
    hour, day = at // HOUR, at // DAY
    for days_of in WINDOWS:
        is_within = (
            days.between(day - days_of, day) & kept_day if days_of > 1 else hours.between(hour - 24, hour) & kept_hour
        )
        window = before[is_within]
        row[f"n_{days_of}d"] = int(window["count"].sum())
        for name in ("value", "weight", "inspected", "found"):
            row[f"{name}_{days_of}d"] = int(window[name].sum())
    for name in ("inspected", "found"):
        by_day = before[kept_day & days.between(day - 90, day)].groupby(days)[name].sum()
        on = by_day.index[by_day > 0]
        row[f"days_since_{name}"] = int(day - on.max()) if len(on) else -1
    row |= {"n": int(before["count"].sum()), "value": int(before["value"].sum()), "weight": int(before["weight"].sum())}
    for name in ("inspected", "found", "random"):
        row[name] = int(before[name].sum())
    row["random_found"] = int(before.loc[before["random"] != 0, "found"].sum())
    if len(parcels):
        row["first_at"], row["last_at"] = int(parcels["counted_at"].min()), int(parcels["counted_at"].max())
    row["others"] = len(known.places)
    row["others_28d"] = sum(place[1] >= (day - 28) * 24 for place in known.places)
    row["other_seen"] = int(other != -1 and any(place[0] == other for place in known.places))
    return row
