"""The model of a running service: an approved bundle is taken over without a restart, with the one before it kept.

Somebody approves a bundle, or rolls one back, in another process; the service looks at the model store every few
seconds. What it finds is loaded and verified apart from what serves, made warm, and put into service in one assignment.
Whoever scores a batch reads the champion once, so that each answer names exactly one bundle.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import structlog

from features.bundle import Bundle
from features.identity import IdentityKey
from features.model_store import ModelStore
from features.reasons import reasons
from serving.office.champion import Champion, load_champion

_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where bundles come from, and who is trusted to approve them: both are read anew at every look.

    Their words are looked up under the `identity` key.
    """

    models: ModelStore
    trusted: Callable[[], frozenset[str]]
    identity: IdentityKey | None = None

    def mark(self) -> tuple[object, ...]:
        """What changes whenever something else may be the champion."""
        return self.trusted(), self.models.mark()

    def load(self, serving: Champion | None) -> Champion:
        """The champion, or what is served in place of one that is refused."""
        return load_champion(self.models, self.trusted(), serving, identity=self.identity)


class LiveModel:
    """The model that serves at this moment.

    Attributes
    ----------
    now:
        What serves. It is only ever replaced as a whole.
    before:
        The bundle that served before it; None where there was none since the start.
    changes:
        What served before each change, and what does since, as long as nobody has written them down.
    """

    def __init__(self, first: Champion, source: Source | None = None) -> None:
        """Serve `first`, whatever the store says; with a `source` that changes by `look`."""
        self.now = first
        self.before: Bundle | None = None
        self.changes: list[tuple[str | None, Champion]] = []
        self._source = source
        self._mark: tuple[object, ...] | None = None
        self._looking = threading.Lock()
        self._guarded: tuple[Bundle, int] | None = None

    @classmethod
    def of(cls, source: Source) -> LiveModel:
        """What the model store says now."""
        mark = source.mark()
        live = cls(source.load(None), source)
        live._mark = mark
        _warm(live.now.bundle)
        return live

    def look(self) -> bool:
        """Take over what the model store says; return whether anything changed."""
        with self._looking:
            if self._source is None:
                return False
            mark = self._source.mark()  # before loading: what changes meanwhile is seen at the next look
            if mark == self._mark:
                return False
            found = self._source.load(self.now)
            self._mark = mark
            return self._replace(found)

    def _replace(self, found: Champion) -> bool:
        served = self.now
        if (found.bundle_id, found.problem) == (served.bundle_id, served.problem):
            return False
        if found.bundle_id != served.bundle_id:
            _warm(found.bundle)
            self.before = served.bundle
        self.now = found
        self.changes.append((served.bundle_id, found))
        say = _log.error if found.problem else _log.info
        say("model in service", bundle=found.bundle_id, reason=found.problem)
        return True

    def bundle_of(self, bundle_id: str | None) -> Bundle | None:
        """The bundle of this name and digest, if it serves or served just before."""
        known = (self.now.bundle, self.before)
        return next((one for one in known if one is not None and one.bundle_id == bundle_id), None)

    def distrust(self, champion: Champion, n: int) -> Champion:
        """Note that what serves gave numbers that are none, among `n` parcels; return what those are decided with.

        Rules, lists and draws decide on them. The bundle stays: it was verified, and a person rolls it back.
        """
        bundle = champion.bundle
        if bundle is None:
            return champion
        before = self._guarded[1] if self._guarded is not None and self._guarded[0] is bundle else 0
        if not before:
            _log.error("no usable score", bundle=bundle.bundle_id, n=n)
        self._guarded = bundle, before + n
        return Champion(bundle=None, problem="no usable score")

    @property
    def unusable(self) -> str | None:
        """Why the bundle that serves is not to be trusted; None where each of its numbers could be used."""
        if self._guarded is None or self._guarded[0] is not self.now.bundle:
            return None
        found, n = self._guarded
        return f"{found.bundle_id} gave no usable score among {n:,} parcels, which were decided on without. Roll back."


def _warm(bundle: Bundle | None) -> None:
    """Score and explain a row of which nothing is known: what is made at first use is there before the first parcel."""
    if bundle is None:
        return
    values = bundle.completed(np.full((1, len(bundle.catalogue)), np.nan), [None])
    bundle.probability(bundle.raw(values))
    reasons(bundle, values, [None], [""])
    _ = bundle.usual_probability
