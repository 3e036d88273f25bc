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


COLUMNS = [
    "present",
    "n_1d",
    "n_7d",
    "n_30d",
    "n_90d",
    "value_1d",
    "value_7d",
    "value_30d",
    "value_90d",
    "weight_1d",
    "weight_7d",
    "weight_30d",
    "weight_90d",
    "inspected_90d",
    "found_90d",
    "n",
    "value",
    "weight",
    "inspected",
    "found",
    "random",
    "random_found",
    "first_at",
    "last_at",
    "others",
    "others_30d",
    "other_seen",
    "parties",
]


def _read(before: pd.DataFrame, known: Seen, at: int, other: int) -> dict[str, int]:
    row: dict[str, int] = {"present": 1, "first_at": -1, "last_at": -1}
    parcels = before[before["count"] > 0]
    hours, days = before["counted_at"] // HOUR, before["counted_at"] // DAY
    # Of an entity only the newest hour and the 24 before it, and the newest day and the 90 before it, are kept.
    kept_hour = hours >= hours.max() - 24 if len(before) else hours == 0
    kept_day = days >= days.max() - 90 if len(before) else days == 0
    hour, day = at // HOUR, at // DAY
    windows = {
        "1d": before[kept_hour & hours.between(hour - 24, hour)],
        "7d": before[kept_day & days.between(day - 7, day)],
        "30d": before[kept_day & days.between(day - 30, day)],
        "90d": before[kept_day & days.between(day - 90, day)],
    }
    for name, window in windows.items():
        row[f"n_{name}"] = int(window["count"].sum())
        row[f"value_{name}"] = int(window["value"].sum())
        row[f"weight_{name}"] = int(window["weight"].sum())
    row["inspected_90d"] = int(windows["90d"]["inspected"].sum())
    row["found_90d"] = int(windows["90d"]["found"].sum())
    row |= {"n": int(before["count"].sum()), "value": int(before["value"].sum()), "weight": int(before["weight"].sum())}
    for name in ("inspected", "found", "random"):
        row[name] = int(before[name].sum())
    row["random_found"] = int(before.loc[before["random"] != 0, "found"].sum())
    if len(parcels):
        row["first_at"], row["last_at"] = int(parcels["counted_at"].min()), int(parcels["counted_at"].max())
    row["others"] = len(known.places)
    row["others_30d"] = sum(place[1] >= (day - 30) * 24 for place in known.places)
    row["other_seen"] = int(other != -1 and any(place[0] == other for place in known.places))
    return row
