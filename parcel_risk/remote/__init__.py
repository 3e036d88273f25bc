"""A typed client of the service, for programs of operators: `Service`, and `AsyncService` with the same methods.

Every request is repeated where that is safe, lists are followed to their end, and an error names field, reason and
remedy. `docs/integration.md` goes from the key to the first webhook.
"""

from parcel_risk.remote.answers import (
    Answer,
    Doubt,
    FieldProblem,
    FileResult,
    HeldRow,
    Job,
    ManifestResult,
    Receipt,
    Webhook,
)
from parcel_risk.remote.asynchronous import AsyncService
from parcel_risk.remote.blocking import Service
from parcel_risk.remote.events import Event, WebhookError, verified
from parcel_risk.remote.problems import RemoteError, ServiceProblem, UnexpectedAnswer, Unreachable
from parcel_risk.remote.retrying import Retries

__all__ = [
    "Answer",
    "AsyncService",
    "Doubt",
    "Event",
    "FieldProblem",
    "FileResult",
    "HeldRow",
    "Job",
    "ManifestResult",
    "Receipt",
    "RemoteError",
    "Retries",
    "Service",
    "ServiceProblem",
    "UnexpectedAnswer",
    "Unreachable",
    "Webhook",
    "WebhookError",
    "verified",
]
