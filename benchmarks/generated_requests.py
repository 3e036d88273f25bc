"""Generated requests over the whole description, by every role: `python -m benchmarks.generated_requests`.

Schemathesis sends right and wrong requests to every operation with a valid key of each role, and sequences of requests
whose answers feed the next ones. Nothing may be a 5xx, have a status that is not described, or break a schema.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from parcel_risk.client import new_client
from parcel_risk.serve import background_service
from serving.keys import make_keys
from serving.settings import Settings
from serving.store import Role

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
SANDBOX = "sandbox"
_STEPS, _PATIENCE_S = 6, 300


@dataclass
class Seen:
    """What was sent, and what was wrong with the answers."""

    n: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    def send(self, case: schemathesis.Case, key: str, role: str) -> None:
        """Send one request, and note what its answer breaks."""
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        self.validate(case, answer, role)

    def validate(self, case: schemathesis.Case, answer: Any, role: str) -> None:
        """Note an answer."""
        self.n += 1
        self.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as error:
            parts = error.exceptions if isinstance(error, FailureGroup) else [error]
            for one in parts:
                title = f"{case.operation.label} as {role}: {answer.status_code} {type(one).__name__} {one}"
                self.failures[title[:400]] += 1


def bounded(n: int, seed: int) -> hypothesis_settings:
    """So many examples, whatever they do."""
    return hypothesis_settings(
        max_examples=n,
        deadline=None,
        derandomize=seed == 0,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        stateful_step_count=_STEPS,
    )


def single(operations: list[Any], keys: dict[str, str], seen: Seen, each: int, until: float) -> None:
    """Send `each` right and `each` wrong requests to every operation with every key."""
    for operation in operations:
        for role, key in keys.items():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if time.monotonic() > until:
                    return
                _meet(operation, mode, role, key, seen, each)


def _meet(operation: Any, mode: GenerationMode, role: str, key: str, seen: Seen, each: int) -> None:
    @bounded(each, 0)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        seen.send(case, key, role)

    try:
        send()
    except Unsatisfiable:  # an operation that takes nothing cannot be asked wrongly
        return


def sequences(schema: Any, keys: dict[str, str], seen: Seen, each: int, until: float) -> None:
    """Send sequences of requests with every key, in which answers feed the next requests."""
    for role, key in keys.items():
        if not each or time.monotonic() > until:
            return
        machine = _machine(schema, role, key, seen)
        if machine is not None:
            machine.run(settings=bounded(each, 0))


def _machine(schema: Any, role: str, key: str, seen: Seen) -> Any:
    try:
        base: Any = schema.as_state_machine()
    except schemathesis.errors.NoLinksFound:
        return None

    class Machine(base):  # type: ignore[misc]
        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {key}"}}

        def validate_response(self, response: Any, case: schemathesis.Case, **_: Any) -> None:
            seen.validate(case, response, role)

    return Machine


def keys_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """A key of each role, and one of the sandbox."""
    for role in Role:
        is_operator = role is Role.OPERATOR
        whose = {"operator": "post-a"} if is_operator else {"role": role.value}
        yield role.value, new_client(settings, role.value, **whose)  # type: ignore[arg-type]
    yield SANDBOX, new_client(settings, SANDBOX, operator="post-b", sandbox=True)


def main() -> None:
    """Send them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--sequences", type=int, default=10, help="of each role")
    parser.add_argument("--minutes", type=float, default=60.0, help="longest time")
    given_ = parser.parse_args()
    until = time.monotonic() + given_.minutes * 60
    seen = Seen()
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(home=Path(name) / "home", models_dir=Path(name) / "none", port=0)
        make_keys(settings, approver="benchmark")
        keys = dict(keys_of(settings))
        with background_service(settings) as address:
            schema = schemathesis.openapi.from_url(address + "/openapi.json", timeout=_PATIENCE_S)
            operations = [found.ok() for found in schema.get_all_operations()]
            each = max(1, given_.requests // (len(operations) * len(keys) * 2))
            sequences(schema, keys, seen, given_.sequences, until)
            n_sequenced = seen.n
            single(operations, keys, seen, each, until)
    print(
        f"{seen.n:,} requests to {len(operations)} operations by {len(keys)} keys, {n_sequenced:,} of them in sequences"
    )
    print(", ".join(f"{status}: {n:,}" for status, n in sorted(seen.statuses.items())))
    for failure, n in seen.failures.most_common():
        print(f"{n:,} x {failure}")
    if seen.failures or any(status >= 500 for status in seen.statuses):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
