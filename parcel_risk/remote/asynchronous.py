"""`AsyncService`: the client for programs of asyncio; method by method as `Service`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx2

from parcel_risk.remote import calls
from parcel_risk.remote.address import arguments_of, base_of, settings_of
from parcel_risk.remote.answers import Answer, FileResult, HeldRow, Job, ManifestResult, Receipt, Webhook
from parcel_risk.remote.blocking import read
from parcel_risk.remote.calls import Call, Page
from parcel_risk.remote.files import FileToLodge
from parcel_risk.remote.retrying import Retries, Tries

T = TypeVar("T")


class AsyncService:
    """The service, as an operator's program of asyncio meets it.

    Its parameters are those of `Service`, and so are its errors.
    """

    def __init__(
        self,
        address: str,
        key: str,
        *,
        retries: Retries | None = None,
        allow_http: bool = False,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Ask nothing yet."""
        self._base, self._retries, self._sleep = base_of(address, allow_http=allow_http), retries or Retries(), sleep
        self._http = httpx2.AsyncClient(**settings_of(key, transport))

    async def __aenter__(self) -> AsyncService:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End its connections."""
        await self._http.aclose()

    async def lodge(self, parcel: Mapping[str, Any], *, idempotency_key: str | None = None) -> Answer:
        """Lodge one parcel, in the fields of docs/fields.md; other facts amend it, ``function: cancel`` cancels it.

        `idempotency_key` is made for each call. Give one of your own, such as a row's id, where the program itself
        may be interrupted and call again.
        """
        return await self._done(calls.parcel_lodged(parcel, idempotency_key))

    async def lodge_many(
        self, parcels: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> ManifestResult:
        """Lodge many; each is answered by itself."""
        return await self._done(calls.manifest_lodged(parcels, idempotency_key, only_check=False))

    async def check(self, parcels: Sequence[Mapping[str, Any]]) -> ManifestResult:
        """Say what would become of parcels, and lodge nothing."""
        return await self._done(calls.manifest_lodged(parcels, None, only_check=True))

    async def lodge_file(self, file: FileToLodge | Path) -> FileResult | Job:
        """Lodge a file of any format: small ones are answered at once, of others the `Job` is (see `wait`).

        The same file again, within 72 hours, is the same request: what was interrupted resumes, nothing happens twice.
        """
        wanted = file if isinstance(file, FileToLodge) else FileToLodge(file)
        return await self._done(await asyncio.to_thread(wanted.call))

    async def job(self, job_id: str) -> Job:
        """How far a large file is."""
        return await self._done(calls.job(job_id))

    async def wait(self, job: Job, shown: Callable[[Job], None] = lambda _: None) -> Job:
        """Wait for the end of a job; each state is `shown`."""
        pause_s = 0.1
        while not job.is_over:
            await self._sleep(pause_s)
            job, pause_s = await self.job(job.job_id), min(2 * pause_s, 5.0)
            shown(job)
        return job

    def job_results(self, job_id: str) -> AsyncIterator[dict[str, Any]]:
        """What became of the rows of a job."""
        return self._items(calls.job_results(job_id))

    async def parcel(self, parcel_id: str) -> Answer:
        """The current answer to a parcel of yours."""
        return await self._done(calls.parcel(parcel_id))

    def quarantine(self, *, state: str = "open") -> AsyncIterator[HeldRow]:
        """Rows of yours that are pending correction: `open`, or `doubtful` ones that were used in part."""
        return self._items(calls.quarantine(state))

    async def correct(self, held_id: int, row: Mapping[str, Any]) -> Answer:
        """Resubmit a row of the quarantine."""
        return await self._done(calls.corrected(held_id, row))

    def replies(self, form: str = "cusrsp", *, after: int = 0) -> AsyncIterator[tuple[str, int]]:
        """Current decisions as messages (`cusrsp` or `ics2`), each with the number to give as `after` the next time."""
        return self._items(calls.replies(form, after))

    async def report(self, parcel_id: str, condition: str, *, idempotency_key: str | None = None) -> Receipt:
        """Report an item of yours that is `leaking`, `damaged` or `undeliverable`."""
        return await self._done(calls.reported(parcel_id, condition, idempotency_key))

    async def add_webhook(self, url: str) -> Webhook:
        """Register an address to be called. Keep its `secret`: it is shown this once."""
        return await self._done(calls.webhook_added(url))

    async def webhooks(self) -> tuple[Webhook, ...]:
        """Your webhooks, and how each does."""
        return await self._done(calls.webhooks())

    async def test_webhook(self, webhook_id: str) -> bool:
        """Have a test message sent now; whether it arrived."""
        return await self._done(calls.webhook_tested(webhook_id))

    async def replay_webhook(self, webhook_id: str, since: datetime) -> Webhook:
        """Have sent again what came since a time, and enable it."""
        return await self._done(calls.webhook_replayed(webhook_id, since))

    async def _items(self, call: Call[Page[T]]) -> AsyncIterator[T]:
        following: Call[Page[T]] | None = call
        while following is not None:
            page = await self._done(following)
            for item in page.items:
                yield item
            following = page.next_page

    async def _done(self, call: Call[T]) -> T:
        tries = Tries(self._retries, is_repeatable=call.is_repeatable)
        while True:
            content = _parts(call.body()) if callable(call.body) else call.body
            try:
                response = await self._http.request(**arguments_of(self._base, call, content))
            except httpx2.RequestError as error:
                wait_s: float | None = tries.after_error(error)
            else:
                wait_s = tries.after_answer(response)
            if wait_s is None:
                return read(call, response)
            await self._sleep(wait_s)


async def _parts(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(next, content, b""):
        yield part
