"""``seawall people single-user``: how it stands, and the switch, by the machine's owner."""

import json

import pytest
from cli.commands import run

from seawall.cli import opening


@pytest.fixture
def alone(db, monkeypatch):
    """A store that stands open, in which nobody may approve yet."""
    monkeypatch.setattr(opening, "open_store", lambda: None)

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
