"""The manual's console sessions run, and print what the manual says."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from cli import stores
from cli.commands import run

from seawall.store import embedded

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs/reference/cli.md", *sorted((ROOT / "docs/howto").glob("*.md"))]
BLOCK = re.compile(r"^```console(?: (?P<where>\w+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE, INSURED = ROOT / "docs/reference/example", ROOT / "docs/reference/example-insured"


def sessions(text):
    """Of each block: what kind it is, and its commands with what they print."""
    for block in BLOCK.finditer(text):
        commands = re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]
        yield block["where"], [command.split("\n", 1) for command in commands]


def alike(said, printed):
    """Whether a session prints what the page says; ``…`` stands for anything."""
    parts = (re.escape(part) for part in "\n".join(map(str.rstrip, said.splitlines())).split("…"))
    return re.fullmatch(".*".join(parts), "\n".join(map(str.rstrip, printed.splitlines())), re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the manual's examples, and a file with a row that cannot be taken."""
    shutil.copytree(EXAMPLE, tmp_path / "example")
    shutil.copytree(INSURED, tmp_path / "insured")
    (tmp_path / "broken").mkdir()
    rows = (EXAMPLE / "items.csv").read_text(encoding="utf-8").replace("2025-01-20", "2025-01-32")
    (tmp_path / "broken/items.csv").write_text(rows, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answers(blocks, seawall):
    """Every command of the blocks with what the page says and what it printed: words first, then data."""
    code = 0
    for _, commands in blocks:
        for command, said in commands:
            words = shlex.split(command)
            if words == ["echo", "$?"]:
                yield command, said, f"{code}\n"
                continue
            assert words[0] == "seawall", command
            code, printed = seawall(words[1:])
            yield command, said, printed


def wrong(blocks, seawall):
    found = []
    for command, said, printed in answers(blocks, seawall):
        if not alike(said, printed):
            found.append(f"$ {command}\n--- page\n{said}--- printed\n{printed}")
    return "\n".join(found)


def test_sessions_on_files(folder, monkeypatch):
    monkeypatch.setenv("SEAWALL_HOME", str(folder / "no-store"))

    def seawall(words):
        done = run(*words)
        return done.code, done.err + done.out

    blocks = [block for page in PAGES[:1] for block in sessions(page.read_text(encoding="utf-8")) if block[0] is None]
    assert len(blocks) > 8
    assert wrong(blocks, seawall) == ""


def test_sessions_on_a_store(folder):
    blocks = [block for block in sessions(PAGES[0].read_text(encoding="utf-8")) if block[0] == "store"]
    assert len(blocks) > 3
    with stores.own_home(folder) as home:
        home.claim()
        held = embedded.hold(home.cluster)  # a server that starts for each command takes most of the test's time

        def seawall(words):
            done = stores.seawall(home, *words)
            # A busy machine is told to be patient; the page shows a quiet one.
            told = [line for line in done.stderr.splitlines(keepends=True) if "database is starting" not in line]
            return done.returncode, "".join(told) + done.stdout

        assert wrong(blocks, seawall) == ""
        held.release()


def test_every_command_has_its_section():
    from seawall.cli.main import COMMANDS

    heads = " ".join(re.findall(r"^## (.*)$", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE))
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", heads)] == []


def test_the_comparison_has_teeth():
    assert alike("a … c\n", "a b\nb c\n")
    assert not alike("a c\n", "a b c\n")
    assert list(sessions("```console store\n$ x\nsays\n$ y\n```\n")) == [("store", [["x", "says\n"], ["y", ""]])]
