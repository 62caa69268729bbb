"""Running commands in this process: what they print to each stream, and the code they leave with."""

import io
import sys
from dataclasses import dataclass

import pytest

from seawall.cli import main, options


@dataclass(frozen=True)
class Done:
    code: int
    raw: bytes
    err: str

    @property
    def out(self):
        return self.raw.decode()


def run(*arguments, encoding="utf-8"):
    """Run ``seawall`` with these arguments."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding) for name in ("stdout", "stderr")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEAWALL_LANG", "en")
        patch.setattr(sys, "argv", ["seawall", *map(str, arguments)])
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        patch.setattr(options, "_language", options._Chosen())
        with pytest.raises(SystemExit) as left:
            main.main()
        for stream in streams.values():
            stream.flush()
    raw, err = (stream.buffer.getvalue() for stream in streams.values())
    return Done(left.value.code, raw, err.decode(encoding))
