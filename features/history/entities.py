"""The entities whose history is kept. Adding one is adding a declaration here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One kind of entity.

    Attributes
    ----------
    name:
        Word used in feature names, as in ``sender_n_7d``.
    key:
        Column of the log that holds the entity key; null means that the parcel has no such entity.
    other:
        Column that tells its counterparties apart.
    noun, others:
        Words for the officer: "this sender", "recipients".
    value, weight:
        Which measures of a parcel are summed up, see `features.history.engine.MEASURES`.
    """

    name: str
    key: str
    other: str
    noun: str
    others: str
    value: str = "value_eur_cents"
    weight: str = "weight_g"


ENTITIES: tuple[Entity, ...] = (
    Entity(name="sender", key="sender_key", other="recipient_key", noun="sender", others="recipients"),
    Entity(name="recipient", key="recipient_key", other="sender_key", noun="recipient", others="senders"),
    Entity(name="address", key="address_key", other="recipient_key", noun="delivery address", others="recipients"),
    Entity(name="lane", key="lane_key", other="sender_key", noun="lane", others="senders"),
    Entity(name="commodity", key="commodity_key", other="sender_key", noun="commodity", others="senders"),
    Entity(name="look_alike", key="look_alike_key", other="sender_key", noun="kind of parcel", others="senders"),
)
