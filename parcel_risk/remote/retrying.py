"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import httpx2

from parcel_risk.remote.problems import Unreachable, retry_after_s

_REFUSED_UNREAD = (408, 429)
"""Nothing of such a request had an effect."""
_MAY_HAVE_WRITTEN = (502, 503, 504)
"""Such a request may have had its effect: it is sent again only where that is the same as once."""
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How patient a client is.

    Attributes
    ----------
    most:
        Tries after the first one.
    first_s, longest_s:
        The wait doubles from the one to the other; the actual wait is drawn between half of it and all of it, so that
        clients that failed together do not come back together. What the service asks for in ``Retry-After`` is waited
        at least; where that is more than `longest_s`, the call ends with the problem.
    draw:
        Draws from 0 to 1.
    """

    most: int = 6
    first_s: float = 0.5
    longest_s: float = 60.0
    draw: random.Random = field(default_factory=random.Random, repr=False)

    def wait_s(self, n_tries: int) -> float:
        """Wait after so many tries."""
        longest = min(self.longest_s, self.first_s * 2.0 ** (n_tries - 1))
        return longest * (1.0 + self.draw.random()) / 2.0


class Tries:
    """The tries of one call."""

    def __init__(self, retries: Retries, *, is_repeatable: bool) -> None:
        """Begin; `is_repeatable` says whether the same request twice has the effect of one."""
        self._retries, self._is_repeatable, self._n = retries, is_repeatable, 0

    def after_error(self, error: httpx2.RequestError) -> float:
        """Wait after no answer came.

        Raises
        ------
        Unreachable
            Where it is not sent again.
        """
        self._n += 1
        can_repeat = self._is_repeatable or isinstance(error, _NOT_SENT)
        if can_repeat and isinstance(error, httpx2.TransportError) and self._n <= self._retries.most:
            return self._retries.wait_s(self._n)
        url = error.request.url
        unknown = "" if can_repeat else " Whether the request had an effect is not known: read what is there first."
        raise Unreachable(
            f"{url.scheme}://{url.netloc.decode('ascii')} gives no answer ({type(error).__name__}, tried {self._n} "
            f"times). Check the address, and whether the service runs.{unknown}"
        ) from error

    def after_answer(self, response: httpx2.Response) -> float | None:
        """Wait after an answer came; None where it is final."""
        self._n += 1
        repeated = (*_REFUSED_UNREAD, *(_MAY_HAVE_WRITTEN if self._is_repeatable else ()))
        if response.status_code not in repeated or self._n > self._retries.most:
            return None
        asked_s = retry_after_s(response) or 0.0
        return None if asked_s > self._retries.longest_s else max(asked_s, self._retries.wait_s(self._n))
