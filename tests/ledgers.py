"""An invented ledger as files, for tests that import one."""

from seawall.engine.ledger.canonical import canonical
from seawall.engine.ledger.generate import generate


def invented(folder, **what):
    """Write the ledger that ``generate`` makes of this into a folder, made where it is not there; gives the ledger."""
    folder.mkdir(exist_ok=True)
    ledger = generate(**what)
    for name, frame in canonical(ledger).items():
        frame.write_csv(folder / f"{name}.csv")
    return ledger
