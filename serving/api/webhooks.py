"""Webhooks of operators: they are called when an answer is there, and ask for it then."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.problems import Rejection
from serving.api.access import OperatorCaller, TheOffice
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.webhooks import keeping, sending
from serving.office.webhooks.addresses import LONGEST, Addresses, AddressRefused
from serving.store.times import time_of
from serving.store.webhooks import Webhook, webhook_of, webhooks_of

router = resource()


async def the_addresses(request: Request) -> Addresses:
    """Which addresses may be called."""
    found: Addresses = request.app.state.addresses
    return found


TheAddresses = Annotated[Addresses, Depends(the_addresses)]


class NewWebhook(BaseModel):
    """Where you want to be called."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    url: str = Field(
        min_length=1, max_length=LONGEST, description="An https address of the public internet, without a passphrase."
    )


class ReplayModel(BaseModel):
    """What is to be sent again."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime = Field(description="Messages about what came since then are sent again, with the same ids.")


class WebhookModel(BaseModel):
    """A webhook as it is now."""

    webhook_id: str = Field(examples=["wh_0123456789abcdef"])
    url: str
    created_at: AwareDatetime
    n_sent: int = Field(description="Messages that arrived.")
    n_failures: int = Field(description="Tries in a row that failed; after ten the webhook is disabled.")
    retry_at: AwareDatetime | None = Field(description="When the next try is due; null where none failed.")
    last_at: AwareDatetime | None
    last_result: str | None = Field(description="What became of the last try.", examples=["status 500"])
    disabled_at: AwareDatetime | None = Field(description="Since when nothing is sent; null while it is.")
    disabled_because: str | None

    @classmethod
    def of(cls, one: Webhook) -> WebhookModel:
        """Write it for the wire."""
        times = ("created_at", "retry_at", "last_at", "disabled_at")
        values = {name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)}
        return cls(**values | {name: None if values[name] is None else time_of(values[name]) for name in times})


class SecretWebhook(WebhookModel):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(description="Check each message with it, see docs/webhooks.md.", examples=["whsec_..."])


class Webhooks(BaseModel):
    """Webhooks of the client, oldest first."""

    webhooks: list[WebhookModel]


class TestResult(BaseModel):
    """What became of a test message."""

    is_delivered: bool
    result: str = Field(examples=["status 204"])


@router.post("/webhooks", summary="Register a webhook", tags=["operators"], status_code=201)
def add_webhook(
    wanted: NewWebhook, office: TheOffice, addresses: TheAddresses, client: OperatorCaller
) -> SecretWebhook:
    """Be called about what comes from now on: a signed message names the parcel, and you ask for the answer.

    Messages follow the specification Standard Webhooks. The address must be https and on the public internet.
    """
    try:
        made = keeping.register(office, addresses, client, wanted.url)
    except AddressRefused as error:
        reason, _, remedy = str(error).partition(". ")
        found = Rejection(line=1, field="url", code="address", reason=f"{reason}.", remedy=remedy)
        raise Problem(422, "Address refused", "This address may not be called.", errors=(found,)) from None
    except keeping.TooMany as error:
        raise Problem(409, "Too many webhooks", str(error)) from None
    return _with_secret(office, made)


@router.get("/webhooks", summary="List your webhooks", tags=["operators"])
def list_webhooks(office: TheOffice, client: OperatorCaller) -> Webhooks:
    """How each does: what arrived, what failed last, and whether and why it was disabled."""
    with office.store.begin_read() as connection:
        return Webhooks(webhooks=[WebhookModel.of(one) for one in webhooks_of(connection, client.client_id)])


@router.post("/webhooks/{webhook_id}/test", summary="Send a test message", tags=["operators"])
def test_webhook(webhook_id: str, office: TheOffice, addresses: TheAddresses, client: OperatorCaller) -> TestResult:
    """Call it now with a message of the type `webhook.test`; a call takes five seconds at most."""
    with office.store.begin_read() as connection:
        one = _known(webhook_of(connection, client.client_id, webhook_id))
    called = sending.send_test(office, addresses, one)
    return TestResult(is_delivered=called.is_delivered, result=called.result)


@router.post("/webhooks/{webhook_id}/rotate", summary="Rotate the secret", tags=["operators"])
def rotate_webhook(webhook_id: str, office: TheOffice, client: OperatorCaller) -> SecretWebhook:
    """Give it another secret. For 24 hours each message is signed under both."""
    return _with_secret(office, _known(keeping.rotate(office, client, webhook_id)))


@router.post("/webhooks/{webhook_id}/disable", summary="Disable a webhook", tags=["operators"])
def disable_webhook(webhook_id: str, office: TheOffice, client: OperatorCaller) -> WebhookModel:
    """Send nothing more; a replay enables it again."""
    return WebhookModel.of(_known(keeping.disable(office, client, webhook_id)))


@router.post("/webhooks/{webhook_id}/replay", summary="Send again, and enable", tags=["operators"])
def replay_webhook(webhook_id: str, wanted: ReplayModel, office: TheOffice, client: OperatorCaller) -> WebhookModel:
    """Send again what came since a time, with the same ids, and enable a webhook that was disabled."""
    return WebhookModel.of(_known(keeping.replay(office, client, webhook_id, wanted.since)))


def _known(found: Webhook | None) -> Webhook:
    if found is None:
        raise Problem(404, "Unknown webhook", "You have no webhook with this id. `GET /v1/webhooks` lists them.")
    return found


def _with_secret(office: TheOffice, one: Webhook) -> SecretWebhook:
    secret, *_ = keeping.secrets_of(office, one, office.clock())
    return SecretWebhook(secret=secret, **WebhookModel.of(one).model_dump())
