"""Take every file of a corpus in one process, as a command does, and say what came of each: JSON lines."""

import json
import sys
import time
from pathlib import Path

from seawall.engine.kernel.errors import SeawallError
from seawall.services.files import RowsRejected, load

connections = 0


def watched(event, _arguments):
    global connections  # noqa: PLW0603 - an audit hook has no other memory
    connections += event in ("socket.connect", "socket.getaddrinfo", "socket.bind")


def outcome(path: Path) -> dict:
    try:
        said = load([path])
    except RowsRejected as error:
        return {"rows": [list(row) for row in error.rejects.select("row", "column", "code").head(5).rows()]}
    except SeawallError as error:
        return {"refused": error.code, "row": error.where.row, "said": error.message}
    return {"taken": said.ledger.items.height}


def main(corpus: Path) -> None:
    sys.addaudithook(watched)
    for path in sorted(corpus.glob("*/*")):
        started = time.process_time()
        said = outcome(path)
        print(
            json.dumps({"name": path.parent.name, **said, "seconds": round(time.process_time() - started, 3)}),
            flush=True,
        )
    # VmHWM begins anew with the program; ru_maxrss would still hold the size of the process that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    print(json.dumps({"peak_mib": peak, "connections": connections}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
