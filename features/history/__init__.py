"""What the past tells of a sender, a recipient, an address, a lane, a commodity and of parcels that look alike."""

from features.history.engine import Engine
from features.history.entities import ENTITIES, Entity
from features.history.snapshots import Snapshot, mark_of

__all__ = ["ENTITIES", "Engine", "Entity", "Snapshot", "mark_of"]
