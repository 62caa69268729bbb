"""Every operation of the API that writes takes an Idempotency-Key."""

import ast
from pathlib import Path

from access.ways import METHODS

import seawall

API = Path(seawall.__file__).parent / "api" / "v1"

ONLY_READS = {
    "POST /policies/{policy_id}/preview",
    "POST /sources/{source_id}/test",
    "POST /insurers/{connection_id}/test",
    "POST /insurance-policies/check",
    "POST /premium/audit",
}
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


def test_a_key_is_handed_on_as_its_callers_own():
    """Whatever is called with a key is given ``key_of``: another caller's same key is another key."""
    handed = [(f"{path.name}:{call.lineno}", each.value) for path, call, each in with_key()]
    wrong = [where for where, value in handed if ast.unparse(value).partition("(")[0] != "key_of"]
    assert wrong == [], "write key=key_of(request, key)"
    assert len(handed) > 50


def with_key():
    """Calls of services with a key; what a module calls of its own hands it on there."""
    for path in sorted(API.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and not ast.unparse(call.func).startswith(("_", "sorted")):
                yield from ((path, call, each) for each in call.keywords if each.arg == "key")
