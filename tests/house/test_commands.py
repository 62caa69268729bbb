"""A command gets at the store, and at who acts on it, in one place: no token that is set is passed over."""

from pathlib import Path

from seawall.cli import acting

SOURCES = Path(acting.__file__).parent


def test_commands_open_the_store_by_who_acts():
    for path in SOURCES.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "Actor.system" not in text or path.stem == "acting", f"{path.name}: use acting.opened or acting.owner"
        assert "open_store" not in text or path.stem in ("acting", "opening"), f"{path.name}: use acting.opened"
