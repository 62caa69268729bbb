"""Every operation of the API that writes takes an Idempotency-Key."""

from access.ways import METHODS

ONLY_READS = {"POST /policies/{policy_id}/preview", "POST /sources/{source_id}/test"}
"""Operations that are asked by POST because the question is long, and write nothing."""


def test_every_operation_that_writes_takes_a_key():
    from seawall.api.v1.operations import api

    writing = {
        f"{method.upper()} {path}": {each["name"] for each in said.get("parameters", ()) if each["in"] == "header"}
        for path, item in api.get_openapi_schema(path_prefix="")["paths"].items()
        for method, said in item.items()
        if method.upper() in METHODS and method != "get"
    }
    without = {name for name, headers in writing.items() if "Idempotency-Key" not in headers}
    assert without == ONLY_READS, 'take `key: Key = ""` of api/v1/keys.py and hand it to execute'
    assert len(writing) > len(without)


def test_what_takes_a_key_says_that_it_may_be_another_requests():
    from seawall.api.v1.operations import api

    lacking = {
        f"{method.upper()} {path}"
        for path, item in api.get_openapi_schema(path_prefix="")["paths"].items()
        for method, said in item.items()
        if "Idempotency-Key" in {each["name"] for each in said.get("parameters", ())} and 409 not in said["responses"]
    }
    assert lacking == set(), "add 409 to its problems.responses"
