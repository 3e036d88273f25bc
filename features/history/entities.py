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
    parties:
        Column that tells apart those who share the key, such as names under one phone. An entity of more than
        ``kernel.HUB_ABOVE`` in 90 days is a hub: not one person. None where a key may be anybody's.
    noun, others:
        Words for the officer: "sender", "recipients".
    parent:
        Entity whose finding share is used where few parcels of this one were inspected.
    value, weight:
        Which measures of a parcel are summed up, see `features.history.events.MEASURES`.
    parts:
        Names of the history features that it has, ``n_*d`` for ``n`` over each window; None for all of ``STANDARD`` in
        `features.declared.history`.
    """

    name: str
    key: str
    other: str
    noun: str
    others: str
    parties: str | None = None
    parent: str | None = None
    value: str = "value_eur_cents"
    weight: str = "weight_g"
    parts: tuple[str, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of keys that its history is made of."""
        return (self.key, self.other, *([self.parties] if self.parties else []))


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PLACE = _names(
    """
    n_*d value_*d found_*d found_share_*d burst n_7d_share_of_28d others_28d others_per_parcel others other_is_known
    days_since_last days_known weight_against_usual value_against_usual inspected found random random_found found_share
    """
)
_LOOSE = _names(
    """
    n_*d found_*d found_share_*d others_28d others_per_parcel other_is_known days_since_last days_known
    inspected found found_share days_since_inspected days_since_found
    """
)
_WRITTEN = _names(
    """
    n_*d inspected_*d found_*d found_share_*d others_28d days_known inspected found found_share
    days_since_inspected days_since_found
    """
)


ENTITIES: tuple[Entity, ...] = (
    Entity(
        name="country",
        key="country_key",
        other="sender_key",
        noun="country of dispatch",
        others="senders",
        parts=("found_share",),
    ),
    Entity(
        name="chapter",
        key="chapter_key",
        other="sender_key",
        noun="HS chapter",
        others="senders",
        parts=("found_share",),
    ),
    Entity(
        name="lane", key="lane_key", other="sender_key", noun="lane", others="senders", parent="country", parts=_PLACE
    ),
    Entity(
        name="office",
        key="office_key",
        other="sender_key",
        noun="office of origin",
        others="senders",
        parent="country",
        parts=_PLACE,
    ),
    Entity(
        name="commodity",
        key="commodity_key",
        other="sender_key",
        noun="commodity",
        others="senders",
        parent="chapter",
        parts=_PLACE,
    ),
    Entity(
        name="look_alike",
        key="look_alike_key",
        other="sender_key",
        noun="kind of parcel",
        others="senders",
        parent="commodity",
    ),
    Entity(
        name="sender",
        key="sender_key",
        other="recipient_key",
        parties="sender_name_key",
        noun="sender",
        others="recipients",
        parent="lane",
    ),
    Entity(
        name="contact",
        key="contact_key",
        other="sender_key",
        parties="sender_name_key",
        noun="sender's phone or e-mail",
        others="senders",
        parent="lane",
    ),
    Entity(
        name="recipient",
        key="recipient_key",
        other="sender_key",
        parties="recipient_name_key",
        noun="recipient",
        others="senders",
        parent="lane",
    ),
    Entity(
        name="address",
        key="address_key",
        other="recipient_key",
        noun="delivery address",
        others="recipients",
        parent="lane",
    ),
    Entity(
        name="wording",
        key="wording_key",
        other="sender_key",
        noun="description under this HS heading",
        others="senders",
        parent="chapter",
        parts=_WRITTEN,
    ),
    Entity(
        name="number_block",
        key="number_block_key",
        other="sender_key",
        noun="hundred of item numbers",
        others="senders",
        parent="lane",
        parts=_WRITTEN,
    ),
    Entity(
        name="operator",
        key="operator_key",
        other="lane_key",
        noun="operator",
        others="lanes",
        value="n_doubts",
        weight="n_late",
        parts=("doubts_per_parcel", "late_share"),
    ),
    Entity(
        name="lane_quality",
        key="lane_key",
        other="operator_key",
        noun="lane",
        others="operators",
        value="n_doubts",
        weight="n_late",
        parts=("doubts_per_parcel", "late_share"),
    ),
    Entity(
        name="sender_loose",
        key="sender_loose_key",
        other="recipient_loose_key",
        parties="sender_key",
        noun="sender by name and region",
        others="recipients",
        parent="lane",
        parts=_LOOSE,
    ),
    Entity(
        name="recipient_loose",
        key="recipient_loose_key",
        other="sender_loose_key",
        parties="recipient_key",
        noun="recipient by name and region",
        others="senders",
        parent="lane",
        parts=_LOOSE,
    ),
)
"""Parents come before their children."""


def declared(entities: tuple[Entity, ...]) -> list[list[str]]:
    """What decides the content of the history; words for officers do not."""
    return [[entity.name, *entity.columns, entity.value, entity.weight] for entity in entities]
