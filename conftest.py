"""Promises: a test that proves one says its figure, the run prints them, and a full run writes them down.

``SEAWALL_PROMISES=full`` asks for full counts; without it the same tests run in small ones.
"""

import os
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent / "docs" / "promises.md"
IS_FULL = os.environ.get("SEAWALL_PROMISES") == "full"


def pytest_configure(config):
    config.addinivalue_line("markers", "promise(name): proves a row of docs/promises.md")


@pytest.fixture
def count():
    """How often to try: the small count, or the full one that the promise names."""
    return lambda small, full: full if IS_FULL else small


@pytest.fixture
def promise(request, record_property):
    """Say the figure of the promise that the test's marker names: ``promise("200 kills: lost 0, doubled 0")``."""
    marker = request.node.get_closest_marker("promise")
    return lambda figure: record_property(f"promise {marker.args[0]}", figure)


def figures(terminal):
    """Promise to figure, of the tests that passed."""
    said = {}
    for report in terminal.stats.get("passed", []):
        for name, figure in report.user_properties:
            if name.startswith("promise "):
                said.setdefault(name.removeprefix("promise "), []).append(figure)
    return {name: "; ".join(dict.fromkeys(parts)) for name, parts in said.items()}


def pytest_terminal_summary(terminalreporter):
    said = figures(terminalreporter)
    if not said:
        return
    terminalreporter.section("promises" + ("" if IS_FULL else ", in small counts"))
    for name in sorted(said, key=lambda name: (name[0], int(re.sub(r"\D", "", name) or 0))):
        terminalreporter.line(f"{name:4} {said[name]}")
    if IS_FULL and not terminalreporter.stats.get("failed"):
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), said), encoding="utf-8")


def with_figures(page, said):
    """The page with the last column of each named row replaced."""
    lines = []
    for line in page.splitlines():
        name = line.split("|")[1].strip() if line.count("|") >= 5 else ""
        lines.append(line.rsplit("|", 2)[0] + f"| {said[name]} |" if name in said else line)
    return "\n".join(lines) + "\n"
