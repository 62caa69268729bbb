"""`seawall import` on a store: what is on file already, what would correct it, and what it says of both."""

import json

from cli.stores import own_home, seawall

ITEMS = [
    "entity,customer_code,kind,number,issued_on,due_on,currency,amount",
    "E1,C1,invoice,I-1,2026-01-10,2026-02-09,CNY,1000.00",
    "E1,C1,invoice,I-2,2026-01-20,2026-02-19,CNY,500.00",
]


def test_a_changed_row_is_named_and_taken_only_when_asked(tmp_path):
    file = tmp_path / "items.csv"
    file.write_text("\n".join(ITEMS) + "\n")
    with own_home(tmp_path) as home:
        assert seawall(home, "init").returncode == 0
        assert seawall(home, "import", file).returncode == 0
        again = seawall(home, "import", file)
        assert (again.returncode, "on file already" in again.stdout) == (0, True)
        file.write_text("\n".join([*ITEMS[:2], ITEMS[2].replace("500.00", "480.00")]) + "\n")
        refused = seawall(home, "import", file, "--format", "json")
        assert refused.returncode == 3, refused.stderr
        (reject,) = json.loads(refused.stdout)["rejects"]
        assert (reject["row"], reject["code"]) == (2, "changed")
        assert "--apply-corrections" in reject["hint"]
        assert "I-2 is on file with other values" in seawall(home, "import", file).stdout
        taken = seawall(home, "import", file, "--apply-corrections", "--format", "json")
        assert json.loads(taken.stdout)["counts"]["items"]["changed"] == 1
        assert seawall(home, "check").returncode == 0
