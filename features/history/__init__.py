"""What the past tells of a sender, a recipient, an address, a lane, a commodity and of parcels that look alike."""

from features.history.engine import Advances, Engine, History
from features.history.entities import ENTITIES, Entity
from features.history.snapshots import Snapshot, mark_of
from features.history.staging import Staging

__all__ = ["ENTITIES", "Advances", "Engine", "Entity", "History", "Snapshot", "Staging", "mark_of"]
