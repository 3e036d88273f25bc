"""What enters the log together: parcels, and the events that they, or cancellations, retract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.event_rows import Row
from policy import Ask, Decision
from serving.office.current import Current
from serving.store import Client


@dataclass(frozen=True, kw_only=True)
class Entering:
    """A parcel that enters the log.

    Attributes
    ----------
    event:
        Its event, not yet numbered.
    client:
        Who lodges it, or makes it known.
    content:
        Digest of its facts.
    clear:
        Its personal fields.
    standing:
        Earlier decision on it.
    recalled:
        What a search of the past asks for.
    explain:
        Find the reasons whatever is decided.
    """

    event: Row
    client: Client
    content: str
    clear: Mapping[str, str]
    standing: Decision | None = None
    recalled: Ask | None = None
    explain: bool = False

    @property
    def asks_covertly(self) -> bool:
        """Whether something that is known of it asks covertly."""
        is_recalled = self.recalled is not None and self.recalled.is_covert
        return is_recalled or (self.standing is not None and self.standing.disclosed is not None)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What enters the log together.

    Attributes
    ----------
    retracted:
        Events of the log that are retracted, each with who does so.
    restated:
        Outcome events among these that are valid all the same; they enter behind the parcels.
    """

    parcels: list[Entering] = field(default_factory=list)
    retracted: list[tuple[Row, Client]] = field(default_factory=list)
    restated: list[Row] = field(default_factory=list)

    def replace(self, current: Current, client: Client) -> None:
        """Retract a version for another one, behind which the outcomes of the parcel stand: it does not know them."""
        self.retracted.extend((event, client) for event in (current.event, *current.outcomes))
        self.restated.extend(current.outcomes)
