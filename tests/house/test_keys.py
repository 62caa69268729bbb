"""Every operation of the API that writes takes an Idempotency-Key."""

from access.ways import METHODS

ONLY_READS = {"POST /policies/{policy_id}/preview", "POST /sources/{source_id}/test"}
"""Operations that are asked by POST because the question is long, and write nothing."""


def writing():
    """Operations that write, as the API describes them."""
    from seawall.api.v1.operations import api

    return {
        f"{method.upper()} {path}": said
        for path, item in api.get_openapi_schema(path_prefix="")["paths"].items()
        for method, said in item.items()
        if method.upper() in METHODS and method != "get"
    }


def takes_a_key(said):
    return any((each["in"], each["name"]) == ("header", "Idempotency-Key") for each in said.get("parameters", ()))


def test_every_operation_that_writes_takes_a_key():
    without = {name for name, said in writing().items() if not takes_a_key(said)}
    assert without == ONLY_READS, 'take `key: Key = ""` of api/v1/keys.py and hand it to execute'
    assert len(writing()) > len(without)


def test_what_takes_a_key_says_that_it_may_be_another_requests():
    lacking = {name for name, said in writing().items() if takes_a_key(said) and 409 not in said["responses"]}
    assert lacking == set(), "add 409 to its problems.responses"
