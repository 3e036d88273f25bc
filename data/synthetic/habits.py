"""Habits of vendors: drawn once for each vendor and phase, and kept until the vendor changes them after losses."""

from __future__ import annotations

import numpy as np

from data.synthetic.campaigns import Shipments
from data.synthetic.drawing import Flags, Floats, Ints
from data.synthetic.vendors import N_PHASES, Vendors

CHANGES_SHARE = 0.6
"""Share of its habits that a vendor changes when it adapts; our assumption."""


class Habits:
    """Rows of drafts, one per shipment and phase, and habits of their vendors that last until a vendor changes them."""

    def __init__(self, rng: np.random.Generator, vendors: Vendors, shipments: Shipments) -> None:
        """Begin with the shipments of `vendors`."""
        self.rng, self.vendors, self.shipments = rng, vendors, shipments
        n_shipments = shipments.vendor.size
        self.shipment = np.repeat(np.arange(n_shipments), N_PHASES)
        self.phase = np.tile(np.arange(N_PHASES), n_shipments)
        self.vendor, self.number = shipments.vendor[self.shipment], shipments.number[self.shipment]
        self.n = self.shipment.size
        self.careful = vendors.careful[self.vendor]
        self.kinds = np.repeat(vendors.kind, N_PHASES)

    def yes_no(self, share: Floats) -> Flags:
        """Return a habit that each vendor has with its own probability, for each row."""
        draw = self.rng.random((self.vendors.n, N_PHASES)) < share[:, None]
        return np.asarray(draw[self.vendor, self._since()], dtype=np.bool_)

    def chosen(self, draw: Ints) -> Ints:
        """Return a choice drawn for each vendor and phase, for each row."""
        return np.asarray(draw.reshape(self.vendors.n, N_PHASES)[self.vendor, self._since()], dtype=np.int64)

    def measured(self, draw: Floats) -> Floats:
        """Return a size drawn for each vendor and phase, for each row."""
        return np.asarray(draw.reshape(self.vendors.n, N_PHASES)[self.vendor, self._since()], dtype=np.float64)

    def _since(self) -> Ints:
        """Phase since which the current habit of each row's phase has been kept."""
        changed = self.rng.random((self.vendors.n, N_PHASES)) < CHANGES_SHARE
        since = np.maximum.accumulate(np.where(changed, np.arange(N_PHASES), 0), axis=1)
        return np.asarray(since[self.vendor, self.phase], dtype=np.int64)
