"""Whatever is asked, the API answers as its description says, and never breaks (S6)."""

import os

import pytest
import schemathesis
from access.ways import operations
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from stocked import ON

CASES = int(os.environ.get("SEAWALL_FUZZ_CASES", "15"))
"""Cases of an operation and a way of asking; `make promises` asks for many more."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PATHS = sorted(way.partition("api:")[2] for way in operations() if way.startswith("GET "))
"""Every question; derived, so that a new one is tried too."""

ASKED_FOR_A_DAY = ("/ageing", "/customers", "/customers/{code}", "/provision")
WRITES = sorted(way.partition("api:")[2] for way in operations() if way.startswith("POST api:/bank/"))


@pytest.fixture(scope="module")
def described(store):
    from django.core.wsgi import get_wsgi_application

    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def test_every_operation_is_tried(described):
    found = {result.ok().path for result in described.get_all_operations()}
    assert found >= {f"/api/v1{path}" for path in PATHS}
    assert len(PATHS) > len(ASKED_FOR_A_DAY)
    assert described.raw_schema["openapi"].startswith("3.1")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_answers_as_described(described, token_of, path, mode):
    operation = described[f"/api/v1{path}"]["GET"]
    if mode is GenerationMode.NEGATIVE and not described.raw_schema["paths"][f"/api/v1{path}"]["get"].get("parameters"):
        pytest.skip("nothing can be asked wrongly: it takes no parameter")
    headers = {"Authorization": f"Bearer {token_of('reader')}"}

    @seed(20260331)
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def tried(case):
        if isinstance(case.query, dict) and path in ASKED_FOR_A_DAY:
            case.query.setdefault("as_of", ON.isoformat())
        case.call_and_validate(headers=headers, checks=CHECKS)

    tried()


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_write_answers_as_described(described, token_of, path, mode):
    operation = described[f"/api/v1{path}"]["POST"]
    headers = {"Authorization": f"Bearer {token_of('narrow')}"}

    @seed(20260331)
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def tried(case):
        case.call_and_validate(headers=headers, checks=CHECKS)

    tried()
