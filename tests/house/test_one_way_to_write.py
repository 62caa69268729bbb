"""Nothing is written but by what runs under ``services/command.execute`` (R18, the architecture's half).

Read from the source: a function writes where it calls a model's way to write or holds SQL that does. It runs under
``execute`` where it is given the ``Write`` that only ``execute`` makes, lies within such a function, is handed to
``execute``, or is called by such functions alone. What writes outside of it is named here, each with its reason.
"""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from parsed import tree_of

import seawall

PACKAGE = Path(seawall.__file__).parent
FLOORS = ("services", "store")
DOORS = ("web", "api", "cli", "worker")
WAYS = {"save", "create", "bulk_create", "bulk_update", "update", "delete", "get_or_create", "update_or_create"}
WAYS |= {f"a{way}" for way in WAYS}
SQL = re.compile(r"\b(INSERT INTO|UPDATE \w+\s+SET|DELETE FROM|TRUNCATE|COPY \{\}[^)]*\) FROM)\b")
HANDED = {"execute", "commit_rows", "commit_read", "commit_import", "Kind"}
"""What carries out functions that it is handed, with a ``Write``."""

PATH = "a part of the write path itself, called with the numbers that execute drew"
WORKER = "the worker's own note on a job or a message; what it does runs under execute"
DOOR = (
    "kept before or beside coming in: attempts, time steps, last seen; nobody is signed in yet, or nothing is changed"
)
SET_UP = "makes or grants tables and triggers, as their owner, before there is anything to write"
OUTSIDE = {
    "services/calendar_addresses.py _note_read": DOOR,
    "services/command.py _claim": PATH,
    "services/founding.py may_change_proof": "names the rights it asks the database about; changes nothing",
    "services/insurer_log.py note": WORKER,
    "services/insurer_rounds.py _note": WORKER,
    "services/insurer_rounds.py _send": WORKER,
    "services/insurer_rounds.py done": WORKER,
    "services/jobs.py _put": "called by enqueue, under execute or under the write that is under way already",
    "services/jobs_work.py _failed": WORKER,
    "services/jobs_work.py _taken": WORKER,
    "services/jobs_work.py carry_out": WORKER,
    "services/jobs_work.py progress": WORKER,
    "services/jobs_work.py say": WORKER,
    "services/jobs_work.py take_up_killed": WORKER,
    "services/outbox.py claim": WORKER,
    "services/outbox.py mark": WORKER,
    "services/passkeys.py is_right": DOOR,
    "services/runs.py _carry_out": "that a run failed; its steps and its result are under execute",
    "services/runs.py _finish": "that a step's file is whole on disk; what becomes current is under execute",
    "services/second_factors.py _is_app_code": DOOR,
    "services/second_factors.py _is_recovery_code": DOOR,
    "services/second_factors.py reset": "called by a write that gives somebody a new start",
    "services/sessions.py _begun": DOOR,
    "services/sessions.py look": DOOR,
    "services/sessions.py sign_out": DOOR,
    "services/sign_in.py actor_of_token": DOOR,
    "services/sign_in.py note_failure": DOOR,
    "services/sign_in.py note_success": DOOR,
    "services/sign_in.py set_language": "a preference, no fact",
    "services/announcing.py put": PATH,
    "services/outbox.py _interrupted": WORKER,
    "services/mail_sending.py _forget": WORKER,
    "services/mail_sending.py _noted": WORKER,
    "services/webhook_sending.py _claimed": WORKER,
    "services/webhook_sending.py _give_up_removed": WORKER,
    "services/webhook_sending.py _mark": WORKER,
    "services/webhook_sending.py _sent": WORKER,
    "store/append.py entities": PATH,
    "store/bulk.py copy_in": PATH,
    "store/bulk.py draw_numbers": PATH,
    "store/chain.py append": PATH,
    "store/files.py _keep_less": PATH,
    "store/grants.py grant": SET_UP,
    "store/taken_back.py _end": PATH,
    "store/taken_back.py _keep_needed": PATH,
    "store/taken_back.py _restore": PATH,
    "store/touch.py install": SET_UP,
    "store/touch.py taken": PATH,
}
"""``file function`` → why it writes outside ``execute``."""


class Function:
    """One function of a module, and what it lies in."""

    def __init__(self, node, path, outer):
        self.node, self.path, self.outer = node, path, outer
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self.is_given = any(
            ast.unparse(each.annotation) in ("Write", "command.Write") for each in arguments if each.annotation
        )

    @property
    def name(self):
        return f"{self.path} {self.node.name}"


def modules(*floors):
    for floor in floors:
        for path in sorted((PACKAGE / floor).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(PACKAGE)), tree_of(path)


def is_way_to_write(call, imported):
    """Whether a call writes to a table by Django's ways."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WAYS:
        return False
    whose = ast.unparse(call.func.value)
    if re.split(r"\W", whose)[0] in imported or whose in ("router", "super()") or whose.endswith("detail"):
        return False
    return call.func.attr != "update" or (bool(call.keywords) and not call.args)


def sql_of(tree):
    """Names of a module's texts of SQL that write."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and SQL.search(ast.unparse(node.value)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield ast.unparse(target)


def read(path, tree):
    """Functions of a module; those of them that write; calls by the name called; those handed to what carries out."""
    found, writing, calls, handed = [], set(), [], set()
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }
    imported -= {name for name in imported if name[:1].isupper()}
    texts = set(sql_of(tree))

    def walk(node, outer):
        for child in ast.iter_child_nodes(node):
            inner = outer
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = Function(child, path, outer)
                found.append(inner)
            look(child, outer)
            walk(child, inner)

    def look(node, within):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            calls.append((called, within))
            given = [*node.args, *(each.value for each in node.keywords)]
            if called in HANDED:
                handed.update(ast.unparse(each) for each in given if isinstance(each, ast.Name | ast.Attribute))
            calls.extend(
                (ast.unparse(each).rpartition(".")[2], within)
                for each in given
                if isinstance(each, ast.Name | ast.Attribute)
            )
            if is_way_to_write(node, imported):
                writing.add(within)
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and SQL.search(node.value)
            and not is_docstring(node, within)
        ):
            writing.add(within)
        if isinstance(node, ast.Name) and node.id in texts and within is not None:
            writing.add(within)

    walk(tree, None)
    return found, writing, calls, handed


def is_docstring(node, within):
    return within is None or node.value == ast.get_docstring(within.node, clean=False)


@cache
def told():
    """Functions that write, and those of all that run under ``execute`` only."""
    every, writing, handed, callers = [], set(), set(), defaultdict(list)
    for path, tree in modules(*FLOORS, *DOORS):
        found, wrote, calls, given = read(path, tree)
        every += found
        writing |= {each for each in wrote if each is not None}
        handed |= {(path, name) for name in given}
        for called, within in calls:
            callers[called].append(within)
    inside = {each for each in every if each.is_given or (each.path, each.node.name) in handed}
    while True:
        more = {
            each
            for each in every
            if each not in inside
            and (each.outer in inside or (callers[each.node.name] and set(callers[each.node.name]) <= inside | {each}))
        }
        if not more:
            return writing, inside
        inside |= more


def test_what_writes_runs_under_the_one_way_to_write():
    writing, inside = told()
    outside = {each.name for each in writing - inside}
    assert outside - set(OUTSIDE) == set(), "let it be given the Write of execute, or say here why it may not"
    assert set(OUTSIDE) - outside == set(), "these are gone, or run under execute now"


def test_doors_write_nothing_themselves():
    writing, _ = told()
    assert [each.name for each in writing if each.path.split("/")[0] in DOORS] == []


def test_only_the_write_path_makes_a_write():
    made = [
        path
        for path, tree in modules(*FLOORS, *DOORS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Write", "command.Write")
    ]
    assert made == ["services/command.py"]


def test_what_this_looks_for_is_found():
    text = (
        "def a():\n    Row.objects.create(x=1)\ndef b():\n    cursor.execute('DELETE FROM t')\n"
        "def c(write: Write):\n    row.save()\ndef d():\n    words.update({})\n"
    )
    found, writing, _, _ = read("x.py", ast.parse(text))
    assert {each.node.name for each in writing} == {"a", "b", "c"}
    assert [each.node.name for each in found if each.is_given] == ["c"]
