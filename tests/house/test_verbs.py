"""Every verb that a service uses has a scenario, so that it is tried with an error at each of its writes."""

import ast
from pathlib import Path

from parsed import tree_of
from verbs.registry import scenarios

from seawall.services import access

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "src" / "seawall" / "services"
READING = {"READ", "AUDIT", "CONTACT_READ"}
"""Rights to look, which write nothing."""

VERBS = {
    name: value for name, value in vars(access).items() if name.isupper() and isinstance(value, str) and "." in value
}
WAYS_IN = {"execute", "commit_rows", "commit_read", "Kind"}
"""What a module calls that writes."""


def used_in(path):
    """Names of access's verbs that a module uses."""
    tree = tree_of(path)
    called = {
        getattr(node.func, "id", getattr(node.func, "attr", ""))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    if not called & WAYS_IN:
        return set()
    return {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
    } & (set(VERBS) - READING)


def test_every_verb_a_service_uses_has_a_scenario():
    used = {
        name: path.name for path in sorted(SERVICES.rglob("*.py")) if path.name != "access.py" for name in used_in(path)
    }
    tried = {each.verb for each in scenarios()}
    missing = {f"{name} ({path})" for name, path in used.items() if VERBS[name] not in tried}
    assert missing == set(), f"add a @scenario in tests/verbs/<room>.py, as tests/verbs/registry.py says: {missing}"


def test_scenarios_are_of_verbs_that_are():
    assert {each.verb for each in scenarios()} <= set(VERBS.values())
