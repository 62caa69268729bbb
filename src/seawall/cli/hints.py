"""What to do about an error in the words of the command line; other doors say the error's own hint."""

from __future__ import annotations

from typing import Final

HINTS: Final[dict[str, str]] = {
    "rows_rejected": "Correct the file, or accept the rejects with --accept-rejects: they are kept on file.",
    "several_currencies": "Add --currency with one of them.",
    "list_date": "Give it with --list-date, or let the mapping find it in the file's name.",
    "nobody_fails": "Add --customer CODE, or --all.",
    "several_tables": "Use --format xlsx or json.",
    "sheet_full": "Use --format csv or parquet.",
    "no_account": "Ask the bank for a statement with both; `seawall bank read` shows what it holds.",
}
"""Error code to its hint."""
