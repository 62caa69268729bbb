"""The repository speaks of itself alone: no path of somebody's machine, no registry's address; its two commands work."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = {
    "a folder of somebody's machine": re.compile(r"(?<![\w.~$}/])/(?:home|Users|root|work|workspace|mnt|opt)/[\w.-]+"),
    "the address of a package registry": re.compile(
        r"registry\.npm|npmmirror|pypi\.org|pythonhosted|pypi/simple|tuna\.tsinghua|mirrors\.aliyun|deb\.debian\.org"
        r"|archive\.ubuntu|extra-index-url|find-links",
        re.IGNORECASE,
    ),
}
LARGEST_BYTES = 1_000_000


def tracked():
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if told.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in told.stdout.split("\0") if name and (ROOT / name).is_file()]


def foreign_words(text):
    return [f"{what}: {found.group()}" for what, pattern in FOREIGN.items() for found in pattern.finditer(text)]


def test_no_word_of_the_place_it_was_made_at():
    found = {}
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        try:
            words = foreign_words(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        if words:
            found[str(path.relative_to(ROOT))] = words
    assert found == {}


def test_such_words_would_be_found():
    assert foreign_words("see /home/ann/ledger and https://pypi" + ".org/simple")
    assert not foreign_words("$HOME/ledger, /var/lib/seawall, https://example.org/home/page, ../shared")


def test_nothing_built_or_third_party_is_tracked():
    names = [str(path.relative_to(ROOT)) for path in tracked()]
    built = re.compile(r"(^|/)(node_modules|vendor|dist|build|\.venv|__pycache__)/|\.(mo|pyc|min\.js|min\.css|whl)$")
    assert [name for name in names if built.search(name)] == []


def test_no_large_file_is_tracked():
    assert [path.name for path in tracked() if path.stat().st_size > LARGEST_BYTES] == []


def test_the_locks_name_no_index_and_pin_by_hash():
    python = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.-]+==\S+)(?: ; [^\\\n]+)? \\\n    --hash=sha256:", python, flags=re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[\w.-]+==", python, flags=re.MULTILINE)) > 50
    assert "://" not in python
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_the_readme_shows_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("make demo", "make test"):
        assert command in readme
        assert re.search(rf"^{command.split()[1]}:", makefile, flags=re.MULTILINE)


@pytest.mark.parametrize("script", [".ci/run", "scripts/install"])
def test_scripts_can_be_run_and_never_wait_for_a_person(script):
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(path)]).returncode == 0


def test_the_install_never_calls_sudo():
    for name in ("Makefile", "scripts/install"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if re.search(r"\bsudo\b", line.partition("#")[0])]


def test_relative_links_of_the_documents_lead_somewhere():
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
    broken = {
        f"{path.relative_to(ROOT)} -> {target}"
        for path in tracked()
        if path.suffix == ".md"
        for target in link.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    }
    assert broken == set()
