"""The files of a customer by command: kept, listed, written out, and no file of the reader's is written over."""

import json

import pytest
from cli.commands import run
from stocked import SYSTEM, empty, stock

from seawall.cli import opening
from seawall.services import remarks, subjects


@pytest.fixture
def code(django_db_setup, django_db_blocker, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "open_store", lambda: None)
    with django_db_blocker.unblock():
        yield stock(tmp_path / "ledger").customers["customer_code"][0]
        empty()


def test_a_file_is_kept_with_a_task_listed_and_fetched_once(code, tmp_path):
    sent, got = tmp_path / "proof.txt", tmp_path / "out.txt"
    sent.write_bytes(b"proof")
    task = remarks.add_task(SYSTEM, subjects.customer_of(SYSTEM, code), title="Send proof", due_on="2026-04-01")
    kept = run("customer", "document", code, sent, "--task", task)
    assert kept.code == 0, kept.err
    (row,) = json.loads(run("customer", "documents", code, "--format", "json").out)["documents"]
    assert (row["name"], row["about"], row["about_no"]) == ("proof.txt", "task", task)
    assert run("customer", "fetch", row["document"], "--to", got).code == 0
    assert got.read_bytes() == b"proof"
    got.write_bytes(b"mine")
    assert run("customer", "fetch", row["document"], "--to", got).code != 0
    assert got.read_bytes() == b"mine"
    for about, told in (
        (("--dispute", 1), "name the item"),
        (("--dispute", 1, "--task", task), "with a dispute or with a task"),
    ):
        refused = run("customer", "document", code, sent, *about)
        assert refused.code == 3
        assert told in refused.err
