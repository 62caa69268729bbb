"""Add a store to ``old_schemas.txt``: a small one as the code of an earlier commit made it, as SQL text.

    .venv/bin/python tests/crash/make_old_store.py 4b3f30e

The commit's own code founds the store, imports the ledger below and does a run; PostgreSQL's own dump writes the text,
but for the rights of Django's own that every migration puts down anew and nothing of ours reads. The text is kept; this
program is run again only for another commit, a later one than those that are there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import old_schemas

from seawall.store import embedded, programs
from seawall.store.home import Home

LEDGER = {
    "customers": """customer_code,name,parent_code,email
C1,One,,one@example.org
C2,Two,C1,
""",
    "items": """entity,customer_code,kind,number,issued_on,due_on,currency,amount
E1,C1,invoice,I-1,2026-01-10,2026-02-09,CNY,1000.00
E1,C1,invoice,I-2,2026-01-20,2026-02-19,CNY,500.00
E2,C2,invoice,J-1,2026-01-25,2026-02-24,CNY,70.00
E1,C1,receipt,R-1,2026-02-25,,CNY,1200.00
""",
    "allocations": """entity,credit_number,debit_number,allocated_on,amount
E1,R-1,I-1,2026-02-25,1000.00
""",
    "disputes": """entity,number,opened_on,closed_on,amount,reason
E1,I-2,2026-02-20,,300.00,price
""",
}
CORRECTED = """entity,customer_code,kind,number,issued_on,due_on,currency,amount
E2,C2,invoice,J-1,2026-01-25,2026-02-24,CNY,75.00
"""
ON = "2026-03-31"


def made(commit, room):
    """The home in which that commit's code made a store."""
    code = room / "code"
    code.mkdir()
    archive = subprocess.run(["git", "archive", commit, "src"], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(code)], input=archive, check=True)
    ledger = room / "ledger"
    ledger.mkdir()
    for name, text in LEDGER.items():
        (ledger / f"{name}.csv").write_text(text)
    (room / "items.csv").write_text(CORRECTED)
    home = Home(room / "home", environ={})
    environ = os.environ | {"PYTHONPATH": str(code / "src"), "SEAWALL_HOME": str(home.path), "SEAWALL_LANG": "en"}
    for words in (
        ["init", "--name", "Example", "--currency", "CNY"],
        ["import", str(ledger)],
        ["import", str(room / "items.csv"), "--apply-corrections"],
        ["run", "--as-of", ON, "--currency", "CNY"],
    ):
        subprocess.run([sys.executable, "-m", "seawall.cli.main", *words], env=environ, check=True, cwd=room)
    return home


def dumped(home):
    """The store's database as SQL that any connection can carry out."""
    lease = embedded.hold(home.cluster)
    owner = home.database().owner
    options = ["--inserts", "--no-owner", "--no-privileges", "--no-comments"]
    options += ["--exclude-schema=procrastinate", "--exclude-table-data=auth_permission"]
    where = [f"--host={owner.params['host']}", f"--port={owner.params['port']}", f"--username={owner.params['user']}"]
    program = str(programs.binaries() / "pg_dump")
    text = subprocess.run(
        [program, *options, *where, owner.params["dbname"]], capture_output=True, text=True, check=True
    ).stdout
    lease.release()
    lines = [line for line in text.splitlines() if not line.startswith(("--", "\\", "SET ")) and line.strip()]
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)) + "\n"


def main():
    commit = sys.argv[1]
    room = Path(tempfile.mkdtemp(prefix="seawall-old-"))
    home = made(commit, room)
    text = dumped(home)
    last = max(re.findall(r"'store', '(\d{4})_", text))
    old_schemas.add(f"{last}-{commit}", text)
    embedded.remove(home)
    shutil.rmtree(room)


if __name__ == "__main__":
    main()
