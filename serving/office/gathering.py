"""Requests that wait become one batch, one transaction and one commit; a batch of one where nobody else waits.

Answers are given only after the commit. Whoever comes while a batch is worked on is in the next one, so that the disk
is waited for once for all of them. Those who wait are coroutines: an event loop is woken once for each batch.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from features.parcel.problems import StoreBusy, StoreError

Given = TypeVar("Given")
Answer = TypeVar("Answer")
Handle = Callable[[Sequence[Given]], Sequence[Answer]]
LONGEST = 128
"""Submissions of one batch: what takes some ten milliseconds, for which the next ones wait."""
MOST_WAITING = 2_000
"""More than wait in the worst second of a busy line; whoever comes then is asked to come again."""
BUDGET_S = 10.0
"""Whoever has waited for so long is asked to come again, too: the answer would come when nobody waits for it."""


class Gathering(Generic[Given, Answer]):
    """A thread that hands over what was submitted, as much as is there at a time.

    Parameters
    ----------
    handle:
        Takes a batch and returns one answer for each; when it raises, nothing of the batch is stored.
    """

    def __init__(self, handle: Handle[Given, Answer], *, longest: int = LONGEST) -> None:
        """Begin to wait for submissions."""
        self._handle, self._longest = handle, longest
        self._waiting: deque[_Asked[Given, Answer]] = deque()
        self._since: deque[float] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="gathering", daemon=True)
        self._thread.start()

    def submit(self, given: Given) -> asyncio.Future[Answer]:
        """Wait in line; the future, of the running event loop, holds the answer when it is durable.

        Raises
        ------
        StoreBusy
            When too many wait, or the service ends.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._is_closed or len(self._waiting) >= MOST_WAITING:
                raise StoreBusy("too many requests wait to be written, or the service ends. Send this one again.")
            self._waiting.append((given, future))
            self._since.append(time.monotonic())
            self._changed.notify()
        return future

    @property
    def is_alive(self) -> bool:
        """Whether submissions are handed over."""
        return self._thread.is_alive()

    @property
    def n_waiting(self) -> int:
        """Submissions that wait to be worked on."""
        return len(self._waiting)

    def close(self) -> None:
        """Answer those who wait, and end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while not (self._is_closed and not self._waiting):
            batch = self._next()
            if batch:
                self._answer(batch)

    def _next(self) -> list[_Asked[Given, Answer]]:
        """What waits; perhaps nothing at the end."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            batch: list[_Asked[Given, Answer]] = []
            late: list[_Answered[Answer]] = []
            latest = time.monotonic() - BUDGET_S
            while self._waiting and len(batch) < self._longest:
                asked, since = self._waiting.popleft(), self._since.popleft()
                if since < latest:
                    late.append((asked[1], None, StoreBusy(_LATE)))
                elif not asked[1].cancelled():  # who has gone away needs no answer
                    batch.append(asked)
        _settle(late)
        return batch

    def _answer(self, batch: Sequence[_Asked[Given, Answer]]) -> None:
        try:
            answers = self._handle([given for given, _ in batch])
        except BaseException as error:  # whoever waits gets it, whatever it is
            if len(batch) > 1 and not isinstance(error, StoreError):
                # One of them is at fault: the others must not suffer for it.
                for one in batch:
                    self._answer([one])
                return
            _settle([(future, None, error) for _, future in batch])
            return
        _settle([(future, answer, None) for (_, future), answer in zip(batch, answers, strict=True)])


_LATE = "the request waited too long for others to be written. Nothing of it was stored; send it again."
_Asked = tuple[Given, "asyncio.Future[Answer]"]
_Answered = tuple["asyncio.Future[Answer]", Answer | None, BaseException | None]


def _settle(answered: Sequence[_Answered[Answer]]) -> None:
    """Hand answers over to the event loops that wait for them; one that has ended waits for nothing."""
    for loop in dict.fromkeys(future.get_loop() for future, _, _ in answered):
        mine = [one for one in answered if one[0].get_loop() is loop]
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_set, mine)


def _set(answered: Sequence[_Answered[Answer]]) -> None:
    for future, answer, error in answered:
        if future.done():  # who asked has gone away
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)  # type: ignore[arg-type]
