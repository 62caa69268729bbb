"""Whatever is asked, the API answers as its description says, and never breaks (S6).

Every operation of the description is tried, with what it takes and with what it does not, as somebody who may
do everything; ``make test`` asks 10,000 times, ``make promises`` 50,000 times, always the same. Making a case costs
more than asking it, so a seventh of them are made from the description and the others are crossed from those.
"""

import math
import os
import random
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)
from stocked import ON

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
MADE_SHARE = 0.15
LEAST = 5
"""Cases of an operation and a way of asking, however many operations there are."""


CONVERTER = re.compile(r"{\w+:")


def operations():
    """Every operation that is described, as ``GET /ageing``: of the routers, for making the description takes seconds."""
    from seawall.api.v1.operations import api

    return sorted(
        f"{method} /api/v1{prefix}{CONVERTER.sub('{', path)}"
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
        if operation.include_in_schema
    )


OPERATIONS = operations()
tried = {"cases": 0, "operations": set(), "closed": set()}


@pytest.fixture(scope="module")
def described(store):
    from django.core.wsgi import get_wsgi_application

    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def asked_for(count):
    return int(os.environ.get("SEAWALL_FUZZ_CASES") or count(10_000, 50_000))


@pytest.fixture(scope="module")
def ways(described):
    """Of all operations, how many ways of asking there are: what takes nothing cannot be asked wrongly."""
    return len(OPERATIONS) + sum(takes_something(each.ok()) for each in described.get_all_operations())


@pytest.fixture
def whole(ways, count):
    """Cases of an operation and a way of asking."""
    return max(LEAST, math.ceil(asked_for(count) / ways))


def crossed(operation, pool, most, chance):
    """Cases whose parameters and body each come from some case of the pool."""
    names = sorted({name for each in pool if isinstance(each.query, dict) for name in each.query})
    for _ in range(most if pool else 0):
        givers = {name: chance.choice(pool).query for name in names}
        body = chance.choice(pool)
        yield operation.Case(
            path_parameters=chance.choice(pool).path_parameters,
            query={name: given[name] for name, given in givers.items() if isinstance(given, dict) and name in given},
            headers=chance.choice(pool).headers,
            body=body.body,
            media_type=body.media_type,
        )


def takes_something(operation):
    return bool(operation.body or operation.query or operation.path_parameters or operation.headers)


def test_the_description_is_of_openapi_3_1(described):
    assert described.raw_schema["openapi"].startswith("3.1")
    assert {f"{each.ok().method.upper()} {each.ok().path}" for each in described.get_all_operations()} == set(
        OPERATIONS
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("mode", MODES)
def test_every_operation_answers_as_described(described, whole, token_of, name, mode):
    method, path = name.split()
    operation = described[path][method]
    tried["operations"].add(name)
    if mode is GenerationMode.NEGATIVE and not takes_something(operation):
        return  # nothing can be asked wrongly
    headers = {"Authorization": f"Bearer {token_of('boss')}"}

    pool = []
    made = max(LEAST, round(whole * MADE_SHARE))

    @seed(20260331)
    @settings(max_examples=made, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case):
        pool.append(case)
        ask(case)

    def ask(case):
        tried["cases"] += 1
        if isinstance(case.query, dict) and "as_of" in {each.name for each in operation.query}:
            case.query.setdefault("as_of", ON.isoformat())
        case.call_and_validate(headers=headers, checks=CHECKS)

    asked()
    if mode is GenerationMode.POSITIVE:  # and nobody is answered without a token
        tried["closed"].add(name)
        pool[0].call_and_validate(checks=[*CHECKS, ignored_auth])
    for case in crossed(operation, pool, whole - len(pool), random.Random(20260331)):
        ask(case)


@pytest.mark.slow
@pytest.mark.promise("S6")
def test_the_whole_description_was_tried(described, count, promise):
    """Last: what the tests above came to."""
    if len(tried["operations"]) < len(OPERATIONS):
        pytest.skip("only some operations were asked for")
    assert tried["cases"] >= asked_for(count)
    assert tried["closed"] == tried["operations"] == set(OPERATIONS)
    promise(f"{len(OPERATIONS)} operations, {tried['cases']:,} cases: answers that break or differ 0")
