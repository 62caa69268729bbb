"""The door itself: exit codes, streams, terminals of every kind, and nothing half written."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from cli.commands import run

import seawall
from seawall.cli import main, memory, options
from seawall.engine.kernel import errors

COMMAND = [sys.executable, "-m", "seawall.cli.main"]


def test_version_and_help():
    assert run("--version").out == f"seawall {seawall.__version__}\n"
    done = run("--help")
    assert done.code == 0
    assert all(f"  {name}" in done.out for name in main.COMMANDS)


def test_every_command_has_its_module_and_its_help():
    for name in main.COMMANDS:
        done = run(name, "--help")
        assert done.code == 0, name
        assert "--help" in done.out


def test_a_command_keeps_its_memory_and_a_server_does_not():
    look = "import os; from seawall.cli.main import Commands; Commands().get_command(None, {!r}); print(os.environ.get({!r}))"
    clean = {name: value for name, value in os.environ.items() if name not in memory.ALLOCATORS}
    said = {
        (command, name): subprocess.run(
            [sys.executable, "-c", look.format(command, name)], env=clean, capture_output=True, text=True, check=True
        ).stdout.strip()
        for command in ("ageing", "serve")
        for name in memory.ALLOCATORS
    }
    assert {name: said["ageing", name] for name in memory.ALLOCATORS} == memory.ALLOCATORS
    assert {said["serve", name] for name in memory.ALLOCATORS} == {"None"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2), (errors.InputError, 3), (errors.FileRejected, 3), (errors.NotKnown, 3),
        (errors.PolicyGap, 3), (errors.Refused, 1), (errors.NotPermitted, 1), (errors.OutsideError, 1),
        (errors.Conflict, 4), (errors.RunInProgress, 4), (errors.Broken, 70), (errors.SeawallError, 70),
    ],
)  # fmt: skip
def test_exit_codes(error, code):
    assert main.exit_code(error("no")) == code


def test_an_unforeseen_error_is_a_sentence_and_70(monkeypatch, example):
    monkeypatch.setattr(options.Question, "day", lambda _: 1 / 0)
    done = run("ageing", "--files", example)
    assert done.code == 70
    assert "Traceback" not in done.err
    assert "ZeroDivisionError" in done.err


def test_unknown_commands_and_missing_arguments_are_usage():
    assert run("nonsense").code == 2
    assert run("generate").code == 2


def test_a_reader_that_has_had_enough_is_no_error(files):
    asked = [*COMMAND, "ageing", "--files", str(files), "--as-of", "2026-06-30", "--currency", "CNY"]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 0


def test_interrupted_it_says_so_and_leaves_with_130(tmp_path):
    pipe = tmp_path / "items.csv"
    os.mkfifo(pipe)
    (tmp_path / "gate.py").write_text(
        "import pathlib, sys; from seawall.cli import main, memory, options\n"
        "def wait(self): print('here', flush=True, file=sys.stderr); import time; time.sleep(60)\n"
        "options.Question.day = wait\n"
        "sys.argv = ['seawall', 'ageing', '--files', 'x']; main.main()\n"
    )
    process = subprocess.Popen([sys.executable, tmp_path / "gate.py"], stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline() == "here\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert "Traceback" not in process.stderr.read()


def test_a_file_is_written_whole_or_not_at_all(example, tmp_path):
    target = tmp_path / "ageing.json"
    done = run("ageing", "--files", example, "--as-of", "2025-03-31", "--out", target)
    assert (done.code, done.raw) == (0, b"")
    assert json.loads(target.read_bytes())["total"]["open"] == "205000.00"
    assert [path.name for path in tmp_path.iterdir()] == ["ageing.json"]
    assert run("ageing", "--files", example, "--as-of", "2025-03-31", "--out", tmp_path / "no/x.json").code == 2


def test_bytes_are_not_thrown_at_a_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(errors.UsageError, match="terminal"):
        options.Output(format="pdf").chosen("table", "pdf")
    assert options.Output(format="pdf", out=options.Path("x.pdf")).chosen("table", "pdf") == "pdf"


def test_a_terminal_without_chinese_is_spoken_to_in_english(files):
    asked = ["ageing", "--files", files, "--as-of", "2026-06-30", "--currency", "CNY", "--lang", "zh"]
    done = run(*asked, encoding="ascii")
    assert "Ageing of receivables" in done.out
    assert "--------" in done.out
    assert "账龄" in run(*asked, encoding="gb18030").raw.decode("gb18030")


def test_data_is_utf_8_whatever_the_terminal(files):
    asked = [
        "ageing",
        "--files",
        files,
        "--as-of",
        "2026-06-30",
        "--currency",
        "CNY",
        "--format",
        "html",
        "--lang",
        "zh",
    ]
    assert "账龄" in run(*asked, encoding="ascii").out


@pytest.mark.parametrize(
    ("environment", "language"),
    [({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "de_DE"}, "en"), ({"LC_ALL": "C"}, "en"), ({}, "en")],
)
def test_the_language_is_the_terminals_where_the_product_speaks_it(monkeypatch, environment, language):
    for name in ("SEAWALL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(options, "_language", options._Chosen(is_on_file=True))
    assert options.language().code == language


def test_errors_speak_chinese_too(example):
    done = run("ageing", "--files", example, "--as-of", "x", "--lang", "zh")
    assert "不是日期" in done.err
