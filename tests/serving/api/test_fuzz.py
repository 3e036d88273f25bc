"""Generated requests against the API's own description: nothing may crash, everything must be as described."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from parcel_risk.serve import background_service
from serving.settings import Settings
from serving.store import Role
from tests.serving.bare import client_key
from tests.serving.conftest import Keys, bearer

OFFICERS = (
    *("/v1/amendments", "/v1/outcomes", "/v1/stages", "/v1/observed", "/v1/trials", "/v1/scans", "/v1/funnel"),
    *("/v1/exhibits", "/v1/evidence", "/v1/seizures", "/v1/rescored", "/v1/sort/wrong"),
)
SUPERVISORS = (
    *("/v1/lists", "/v1/rules", "/v1/typologies", "/v1/hunts", "/v1/exchange"),
    *(
        "/v1/investigations",
        "/v1/holds",
        "/v1/complaints",
        "/v1/waivers",
        "/v1/accounts",
        "/v1/comparisons",
        "/v1/overlaps",
    ),
    *("/v1/capacity", "/v1/policy", "/v1/whatif", "/v1/model", "/v1/score-stops", "/v1/overlooked", "/v1/withdrawals"),
)
SORTERS = ("/v1/sort", "/v1/sort/{sort_id}/confirmation", "/v1/sort/table")
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def test_generated_requests_are_answered_as_described(settings: Settings, keys: Keys) -> None:
    sorter = client_key(settings, "hall 1", None, Role.SORTER)
    with background_service(settings) as address:
        schema = schemathesis.openapi.from_url(address + "/openapi.json")
        operations = [found.ok() for found in schema.get_all_operations()]
        assert len(operations) == 116
        for operation in operations:
            key = sorter if operation.path in SORTERS else key_of(operation.path, keys)
            meet(operation, GenerationMode.POSITIVE, bearer(key))
            if operation.path.startswith("/v1/"):  # the others take nothing that could be wrong
                meet(operation, GenerationMode.NEGATIVE, bearer(key))


def key_of(path: str, keys: Keys) -> str:
    """Key of a client that may ask for it."""
    if path.startswith("/v1/audit"):
        return keys.auditor
    if path.startswith(SUPERVISORS):
        return keys.supervisor
    if path.startswith("/v1/shadow"):
        return keys.analyst
    return keys.officer if path.startswith(OFFICERS) else keys.post


def meet(operation: schemathesis.schemas.APIOperation, mode: GenerationMode, headers: dict[str, str]) -> None:
    """Send 12 generated requests of one mode to an operation."""

    @_BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    send()


_BOUNDED = hypothesis_settings(
    max_examples=8,  # of each operation; benchmarks.generated_requests sends ten thousand
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
