"""Chores of inquiry: every feature of a parcel, and the history of an entity as an officer would read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from rich.table import Table

from features.catalogue import catalogue
from features.declared.declare import Floats, Kind
from features.history import ENTITIES, Entity
from features.history.ledger import WINDOWS, Ledger, ledger
from features.identity import IdentityKey, derive
from features.log import PARCEL
from features.messages import feature_sentence
from features.model_store import ModelStore
from features.parcel.problems import ParcelRiskError
from features.parcel.s10 import tidy_parcel_id
from features.parcel.schema import PARCEL_SCHEMA, conform
from features.parcel.validation import validate_parcels
from features.replay import replay
from features.typical import LANE, TypicalValues
from parcel_risk.console import out, working
from parcel_risk.learning import read_log
from serving.champion import load_champion
from serving.settings import Settings

_COMPARED_DAYS = 30
_SHOWN_PARCELS = 40
_NAMED = ("sender", "contact", "recipient", "address")
"""Kinds that a person can name in the words of a manifest."""


def explain_parcel(settings: Settings, parcel_id: str, operator: str | None) -> None:
    """Print every feature of a parcel with value, unit, sentence and the usual value on its lane."""
    log = read_log(settings)
    event = _event(log, parcel_id, operator)
    seq, at = int(event["seq"].item()), event["known_at"].item()
    with working("replaying the log up to this parcel"):
        row, (lane, usual) = _row_and_usual(log.filter(pl.col("seq") <= seq), at - timedelta(days=_COMPARED_DAYS))
    model = load_champion(ModelStore(settings.models_dir), settings.trusted()).bundle
    if model is not None:
        row = model.completed(row.reshape(1, -1), event["description"])[0]
    where = "of all parcels" if lane is None else f"on the lane {lane}"
    out.print(f"{event['parcel_id'].item()}, known at {at:%Y-%m-%d %H:%M} UTC; usual values {where}", markup=False)
    table = Table("feature", "value", "unit", "usual", "in words")
    for name, feature, value, median in zip(
        catalogue().names, catalogue().features, row.tolist(), usual.tolist(), strict=True
    ):
        usually = "" if feature.kind is Kind.CATEGORY or feature.unit == "code" else feature.shown(median)
        table.add_row(name, feature.shown(value), feature.unit, usually, feature_sentence(name, value))
    out.print(table)


def _row_and_usual(log: pl.DataFrame, since: datetime) -> tuple[Floats, tuple[str | None, Floats]]:
    """Feature row of the last parcel in `log`, and the usual values beside it from parcels known after `since`."""
    parcels = log.filter(pl.col("kind") == PARCEL).select("seq", "known_at", LANE.alias("lane"))
    recent = (parcels["known_at"] >= since).to_numpy()
    kept = [rows.values[np.isin(rows.seq, parcels["seq"].to_numpy()[recent])] for rows in replay(log)]
    values = np.concatenate(kept)
    typical = TypicalValues.of(parcels["lane"].filter(pl.Series(recent)), values, catalogue().names)
    return values[-1], typical.on(parcels["lane"][-1])


def _event(log: pl.DataFrame, parcel_id: str, operator: str | None) -> pl.DataFrame:
    """Newest parcel event with an identifier.

    Raises
    ------
    ParcelRiskError
        When there is none, or several operators used it and none is named.
    """
    tidy = tidy_parcel_id(pl.DataFrame({"parcel_id": [parcel_id]}))["parcel_id"].item()
    found = log.filter((pl.col("kind") == PARCEL) & (pl.col("parcel_id") == tidy))
    if operator is not None:
        found = found.filter(pl.col("operator") == operator)
    if found.height == 0:
        raise ParcelRiskError("the log holds no parcel with this identifier. Check it, and --operator.")
    if found["operator"].n_unique() > 1:
        names = ", ".join(sorted(found["operator"].drop_nulls().unique()))
        raise ParcelRiskError(f"several operators used this identifier: {names}. Choose one with --operator.")
    return found.tail(1)


def show_entity(
    settings: Settings,
    kind: str,
    *,
    key: int | None,
    parcel_id: str | None,
    operator: str | None,
    party: dict[str, str],
) -> None:
    """Print the history of an entity: named by its key, by a parcel that has it, or by who it is."""
    entity = next((one for one in ENTITIES if one.name == kind), None)
    if entity is None:
        raise ParcelRiskError(f"there is no kind {kind!r}; kinds are {', '.join(one.name for one in ENTITIES)}.")
    if key is None and parcel_id is None and kind not in _NAMED:
        raise ParcelRiskError(f"a {entity.noun} is not named in words. Give KEY, or --parcel with one that has it.")
    log = read_log(settings)
    by_words = key is None and parcel_id is None
    if key is None and parcel_id is not None:
        key = _event(log, parcel_id, operator)[entity.key].item()
    elif key is None:
        key = _key_of(settings, entity, {**party, **({"operator": operator} if operator else {})})
    if key is None:
        raise ParcelRiskError(f"nothing given tells which {entity.noun}. Give KEY, --parcel, or --name and the like.")
    at = datetime.now(UTC)
    show_ledger(entity, key, ledger(log, entity, key, at), at)
    if by_words and not log[entity.key].eq_missing(key).any():
        out.print(
            "Nothing is known under exactly these words. A name counts together with postcode and country, an account "
            "with its operator: give all that the manifest gave, or a parcel with --parcel.",
            soft_wrap=True,
        )


def _key_of(settings: Settings, entity: Entity, party: dict[str, str]) -> int | None:
    """Entity key of a party described in the words of a manifest."""
    role = (
        entity.name if entity.name in ("sender", "recipient") else "recipient" if entity.name == "address" else "sender"
    )
    fields = {name if name == "operator" else f"{role}_{name}": text for name, text in party.items()}
    row = validate_parcels(conform(pl.DataFrame([{"parcel_id": "inquiry", **fields}]), PARCEL_SCHEMA)).rows
    if row.height == 0:
        raise ParcelRiskError("what was given is not a party of a manifest; a country has two capitals, as in DE.")
    derived = derive(row, IdentityKey(settings.secret("identity")))
    key = derived[entity.key].item()
    return None if key is None else int(key)


def show_ledger(entity: Entity, key: int, found: Ledger, at: datetime) -> None:
    """Print the numbers by window and the parcels behind them."""
    numbers = found.numbers
    out.print(f"{entity.noun} {key}, at {at:%Y-%m-%d %H:%M} UTC")
    if found.parcels.height == 0 and numbers["n"] == 0:
        out.print("never seen")
        return
    windows = Table("window", "parcels", "value EUR", "weight kg")
    for name in WINDOWS:
        windows.add_row(
            name,
            f"{numbers[f'n_{name}']:,}",
            f"{numbers[f'value_{name}'] / 100:,.2f}",
            f"{numbers[f'weight_{name}'] / 1000:,.3f}",
        )
    windows.add_row("ever", f"{numbers['n']:,}", f"{numbers['value'] / 100:,.2f}", f"{numbers['weight'] / 1000:,.3f}")
    out.print(windows)
    others = f"{numbers['others']}+" if numbers["others"] >= 64 else str(numbers["others"])
    out.print(f"{others} {entity.others}; {numbers['inspected']} inspected, contraband found {numbers['found']} times")
    out.print(f"drawn at random: {numbers['random']} inspected, contraband found {numbers['random_found']} times")
    listed = Table("parcel", "operator", "counted at", "value EUR", "weight g", "result", "windows")
    for row in found.parcels.tail(_SHOWN_PARCELS).iter_rows(named=True):
        value = row["declared_value_eur_cents"]
        listed.add_row(
            row["parcel_id"],
            row["operator"] or "",
            f"{row['counted_at']:%Y-%m-%d %H:%M}",
            "" if value is None else f"{value / 100:.2f}",
            str(row["gross_weight_g"] or ""),
            row["result"] or "",
            " ".join(name for name in WINDOWS if row[f"in_{name}"]),
        )
    out.print(listed)
    if found.parcels.height > _SHOWN_PARCELS:
        out.print(f"... the newest {_SHOWN_PARCELS} of {found.parcels.height:,} parcels")
