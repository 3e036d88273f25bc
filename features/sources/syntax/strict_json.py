"""JSON as strictly as the standard means it: nothing is guessed, nothing dropped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class JsonFault(Exception):
    """A text is not the JSON that the standard means."""

    code: str
    reason: str
    remedy: str


def strict_json(text: str) -> Any:
    """Parse JSON as strictly as the standard means it.

    Raises
    ------
    JsonFault
        For what is not JSON, for a duplicate key (another reader might have taken the other value), for NaN and
        infinities, for numbers of thousands of digits, and for absurd nesting.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise JsonFault(
            code="not_json",
            reason=f"this is not JSON at character {error.pos + 1:,}: {error.msg.lower()}.",
            remedy="Check quotes, commas and that the text is complete.",
        ) from error
    except RecursionError as error:
        raise JsonFault(
            code="nested", reason="the JSON is nested too deeply.", remedy="Send flat parcels with a list of pieces."
        ) from error
    except ValueError as error:
        raise _number_fault() from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise JsonFault(
            code="key_twice",
            reason="duplicate key: an object holds the same key twice.",
            remedy="Send each field once; which of the two values counts cannot be known.",
        )
    return unique


def _no_constant(constant: str) -> Any:
    raise JsonFault(
        code="not_a_number", reason=f"{constant} is not JSON.", remedy="Leave the field out when it is not known."
    )


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _number_fault()
    return value


def _number_fault() -> JsonFault:
    return JsonFault(code="not_a_number", reason="a number is too large.", remedy="Check the unit.")
