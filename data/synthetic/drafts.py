"""The draft of a parcel: everything about it as numbers, before any text is written.

Honest senders and vendors fill the same table by different habits; `data.synthetic.rendering` then writes both out
alike, so nothing but the habits can tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from data.synthetic.drawing import Flags, Floats, Ints


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """Drafts of parcels, column by column; every array has one entry per draft.

    Attributes
    ----------
    lodged_s:
        Seconds since 1970, UTC.
    sender, recipient, place:
        Rows of the tables of parties and of shared places; place is -1 for the recipient's own address.
    sender_kind:
        Place in ``scenario.SENDER_KINDS``; what the sender passes for.
    stream, dispatch, goods_origin:
        Places in ``STREAMS`` and in the countries.
    text, hs, second_text, second_hs:
        Places in the pools of `Goods`; -1 where not declared.
    units, weight_g, value_eur:
        Declared units, gross weight and value.
    mass_g:
        Mass of the contraband; 0 in an honest parcel.
    vendor, shipment, phase:
        Whose contraband, which of the vendor's parcels, and in which phase of its habits; -1 if honest.
    """

    lodged_s: Ints
    sender: Ints
    recipient: Ints
    place: Ints
    sender_kind: Ints
    stream: Ints
    dispatch: Ints
    goods_origin: Ints
    text: Ints
    hs: Ints
    second_text: Ints
    second_hs: Ints
    units: Ints
    weight_g: Ints
    value_eur: Floats
    category: Ints
    has_contents: Flags
    has_order: Flags
    has_sender_contact: Flags
    has_recipient_contact: Flags
    mass_g: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    vendor: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    shipment: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    phase: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def n(self) -> int:
        """How many drafts there are."""
        return self.lodged_s.size

    def take(self, rows: Ints) -> Drafts:
        """Return some of the drafts, in the order of `rows`."""
        return Drafts(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    @classmethod
    def together(cls, first: Drafts, second: Drafts) -> Drafts:
        """One table after the other."""
        return cls(
            **{
                column.name: np.concatenate([getattr(first, column.name), getattr(second, column.name)])
                for column in fields(cls)
            }
        )


def sealed(drafts: Drafts) -> Drafts:
    """Mark `drafts` as honest: no vendor, no mass."""
    honest = {name: np.full(drafts.n, -1, dtype=np.int64) for name in ("vendor", "shipment", "phase")}
    given = {column.name: getattr(drafts, column.name) for column in fields(drafts)}
    return Drafts(**{**given, **honest, "mass_g": np.zeros(drafts.n, dtype=np.int64)})
