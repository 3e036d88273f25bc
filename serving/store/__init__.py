"""The transactional store: the event log is the truth; state and answers can be rebuilt from it."""

from sqlalchemy import Connection

from serving.store.clients import Client, Role
from serving.store.database import Store
from serving.store.scores import Scored

__all__ = ["Client", "Connection", "Role", "Scored", "Store"]
