"""The office: everything that a use case needs, opened once and passed in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from features.handling.clocks import ClockTable
from features.identity import IdentityKey
from features.parcel.reference import Reference
from policy import Amendments, Gate, LinePolicy, Seeds
from policy.rules import Lines
from serving.office.champion import Champion
from serving.office.line import Line
from serving.office.listing import LiveLists
from serving.office.live_model import LiveModel
from serving.office.ruling import LiveRules
from serving.office.writer import Clock, Writer
from serving.store import Store
from serving.store.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Secret keys of an installation.

    Attributes
    ----------
    identity:
        Entity keys are made under it.
    vault:
        Personal data and spooled files are sealed in it.
    digest:
        Recognises a repetition of what was lodged.
    """

    identity: IdentityKey
    vault: Vault
    digest: bytes


@dataclass(frozen=True, kw_only=True)
class Office:
    """What the use cases work with.

    Attributes
    ----------
    store:
        For reading; what changes it goes through the `writer`.
    model:
        The model that serves at this moment, see `champion`.
    line:
        What the line can inspect at this moment.
    rules, lists:
        Those that are live.
    seeds:
        What parcels are drawn by.
    gate:
        What may be done with an item at all.
    amendments:
        When operators are shown the answers to amendments.
    lines:
        Which parcels come to which screening line.
    reference:
        Code lists and rates of the office.
    clock:
        The only clock.
    clocks:
        Until when inspections are of use.
    hidden_score_share:
        Share of parcels whose score the station hides until an outcome is on record, 0..1.
    tally:
        Decisions since the start by referral and cause, also those whose transaction failed.
    """

    store: Store
    writer: Writer
    model: LiveModel
    line: Line
    rules: LiveRules
    lists: LiveLists
    secrets: Secrets
    seeds: Seeds
    gate: Gate
    amendments: Amendments
    lines: Lines
    reference: Reference
    clock: Clock
    clocks: ClockTable
    hidden_score_share: float = 0.0
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def champion(self) -> Champion:
        """The model, or why there is none, at this moment; another bundle may serve a moment later."""
        return self.model.now

    @property
    def policy(self) -> LinePolicy:
        """The policy that decides at this moment."""
        return self.line.now.policy

    def close(self) -> None:
        """Keep a snapshot of the history, and release the writer lock."""
        self.writer.close()
        self.secrets.vault.close()
