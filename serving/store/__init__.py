"""The transactional store: the event log is the truth; state and answers can be rebuilt from it."""

from serving.store.clients import Client, Role
from serving.store.scores import Scored
from serving.store.database import Store

__all__ = ["Client", "Role", "Scored", "Store"]
