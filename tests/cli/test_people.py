"""``seawall people``: single-user mode and its switch, and somebody invited with several roles, by the machine's owner."""

import json

import pytest
from cli.commands import run

from seawall.cli import opening


@pytest.fixture
def opened(db, monkeypatch):
    """A store that stands open."""
    monkeypatch.setattr(opening, "open_store", lambda: None)


@pytest.fixture
def alone(opened):
    """One in which nobody may approve yet."""

    def asked(*words):
        return run("people", "single-user", *words)

    return asked


def test_the_mode_is_switched_and_told(alone):
    assert json.loads(alone("--format", "json").out)["is_on"] is False
    assert "It takes two people to approve." in alone().out
    on = json.loads(alone("--on", "--reason", "there is nobody else", "--format", "json").out)
    assert (on["is_on"], on["reason"]) == (True, "there is nobody else")
    assert "Single-user mode since" in alone().out
    off = json.loads(alone("--off", "--reason", "bob joins", "--format", "json").out)
    assert [change["is_on"] for change in off["history"]] == [False, True]


def test_a_switch_needs_a_reason(alone):
    refused = alone("--on")
    assert (refused.code, refused.out) == (3, "")


def test_who_is_invited_with_two_roles_has_both(opened):
    invited = run("people", "invite", "mia", "--role", "collector", "--role", "viewer")
    assert invited.code == 0, invited.err
    everybody = json.loads(run("people", "list", "--format", "json").out)["people"]
    (mia,) = [each for each in everybody if each["username"] == "mia"]
    assert sorted(each["role"] for each in mia["roles"]) == ["collector", "viewer"]
