"""An installation: the only place where keys, reference data, clock, store and models come from.

The service and every command open it from the settings and pass it on; nothing is read anywhere else.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

from features.handling.clocks import ClockTable
from features.identity import IdentityKey
from features.model_store import ModelStore
from features.parcel.reference import Reference, load_reference
from policy import Amendments, Gate, load_amendments, load_gate
from policy.rules import Lines, load_lines
from serving.office.capacity import keep_cut
from serving.office.line import Line
from serving.office.listing import LiveLists
from serving.office.live_model import LiveModel, Source
from serving.office.office import Office, Secrets
from serving.office.ruling import LiveRules
from serving.office.seeds import committed_seeds
from serving.office.standby import Standby
from serving.office.writer import Clock, Writer, now
from serving.settings import Settings
from serving.store import Store
from serving.store.erasure import reconcile
from serving.store.vault import Vault


@dataclass(frozen=True)
class Installation:
    """What `settings` stand for.

    Attributes
    ----------
    reference:
        Code lists and rates of the office.
    gate:
        What may be done with an item at all.
    amendments:
        When operators are shown the answers to amendments.
    lines:
        Which parcels come to which screening line.
    clocks:
        Until when inspections are of use.
    clock:
        The only clock.
    """

    settings: Settings
    reference: Reference
    gate: Gate
    amendments: Amendments
    lines: Lines
    clocks: ClockTable
    clock: Clock

    @classmethod
    def open(cls, settings: Settings, clock: Clock = now) -> Installation:
        """Open an installation; secrets and store are opened when they are asked for.

        Raises
        ------
        ReferenceError, GateError, AmendmentError, RuleError
            When one of the office's own tables cannot be used.
        """
        folder = settings.reference_dir
        return cls(
            settings=settings,
            reference=load_reference(folder),
            gate=load_gate(folder),
            amendments=load_amendments(folder),
            lines=load_lines(folder),
            clocks=ClockTable.read(folder),
            clock=clock,
        )

    @cached_property
    def identity(self) -> IdentityKey:
        """Key under which entity keys are made."""
        return IdentityKey(self.settings.secret("identity"))

    @cached_property
    def secrets(self) -> Secrets:
        """All secret keys that the office works with."""
        settings = self.settings
        vault = Vault.open(
            settings.home / "vault", wrapping_key=settings.secret("vault"), spool_key=settings.secret("spool")
        )
        return Secrets(identity=self.identity, vault=vault, digest=settings.secret("digest"))

    @cached_property
    def models(self) -> ModelStore:
        """Folder of the bundles."""
        return ModelStore(self.settings.models_dir)

    def store(self) -> Store:
        """Open the store, for reading; close it in the end."""
        return opened_store(self.settings)

    def standby(self) -> Standby:
        """Begin to follow what another service writes; close it in the end.

        Raises
        ------
        StoreError
            When the store is none that hosts share, a key is missing, or the log was written under another identity
            key.
        """
        store = self.store()
        try:
            store.bind_identity(self.identity.key_id)
            return Standby(store, self.settings.home / "history", self._live_model())
        except BaseException:
            store.close()
            raise

    def _live_model(self, standby: Standby | None = None) -> LiveModel:
        if standby:
            return standby.model
        return LiveModel.of(Source(models=self.models, trusted=self.settings.trusted, identity=self.identity))

    def office(self, standby: Standby | None = None) -> Office:
        """Open the office, and become the single writer of its store; close it in the end.

        With a `standby`, which has become the writer, its store, history and model are taken over.

        Raises
        ------
        StoreError
            When another process is the writer, a key is missing, or the log was written under another identity key.
        """
        secrets, store = self.secrets, standby.store if standby else self.store()
        try:
            history, n_segment = self.settings.home / "history", self.settings.segment_events
            followed = standby.followed if standby else None
            with ThreadPoolExecutor(1) as apart:
                # A snapshot is read and checked by the system's own code while Python verifies the bundle.
                loading = apart.submit(self._live_model, standby)
                writer = Writer(store, history, self.clock, n_segment=n_segment, followed=followed)
                model = loading.result()
            store.bind_identity(secrets.identity.key_id)
            with store.begin() as connection:
                reconcile(connection, secrets.vault)
                seeds = committed_seeds(connection, self.settings.secret("draw"), self.clock())
        except BaseException:
            store.close()
            secrets.vault.close()
            raise
        lists = LiveLists(store, secrets.vault)
        office = Office(
            store=store,
            writer=writer,
            model=model,
            line=Line(replace(self.settings.policy, gate=self.gate.digest)),
            rules=LiveRules(store, lists, self.lines),
            lists=lists,
            secrets=secrets,
            seeds=seeds,
            gate=self.gate,
            amendments=self.amendments,
            lines=self.lines,
            reference=self.reference,
            clock=self.clock,
            clocks=self.clocks,
            hidden_score_share=self.settings.hidden_score_share,
        )
        try:
            keep_cut(office)
        except BaseException:
            office.close()
            raise
        return office


def opened_store(settings: Settings) -> Store:
    """Open the store of an installation, for reading; close it in the end."""
    return Store(settings.database, settings.segments, lease_s=settings.lease_s)
