"""Rules of the house that the linters do not know: clocks, transactions, sizes, words, money without floats."""

import ast
import importlib
import pkgutil
import statistics
import subprocess
import sys
from pathlib import Path

import polars as pl
from parsed import tree_of

import seawall
from seawall.engine.kernel.table import Table

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "seawall"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
CODE = [path for path in SOURCES if path.stat().st_size]
NAMED = {path: str(path.relative_to(PACKAGE)) for path in SOURCES}

DOORS = ("web", "api", "cli", "worker")
CLOCKS = {"today", "now", "utcnow", "localdate", "localtime"}
CLOCK_OWNERS = {"date", "datetime", "timezone", "dt"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "tools", "stuff"}
LINES_MAX, LINES_USUAL, LONG_SHARE_MAX = 500, 400, 0.03
FUNCTION_LINES_MAX, FUNCTION_LINES_MEDIAN = 70, 8
MODULES_LEAST = 200


def rule_of(paths):
    """One test that a rule finds nothing in any of these modules, and says all it finds: one of each were thousands."""

    def made(rule):
        def test():
            assert len(paths) > MODULES_LEAST, "the modules were not found"
            found = {NAMED[path]: list(rule(path)) for path in paths}
            assert {name: breaches for name, breaches in found.items() if breaches} == {}

        return test

    return made


by_file = rule_of(SOURCES)


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(function):
    return function.end_lineno - function.lineno + 1


def clocks_read(tree):
    """Calls that ask the system what time it is: ``date.today()``, ``dt.datetime.now()``, ``time.time()``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (node.func.attr in CLOCKS and name in CLOCK_OWNERS) or (name, node.func.attr) == ("time", "time"):
                yield node.lineno


def atomic_used(tree):
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "atomic"]


def is_public(name):
    return not name.startswith("_")


def public(body):
    return [node for node in body if isinstance(node, ast.FunctionDef) and is_public(node.name)]


def public_methods(tree):
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and is_public(node.name)]
    return [method for each in classes for method in public(each.body)]


def test_each_floor_and_room_imports_only_what_it_may():
    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True
    )  # fmt: skip
    assert told.returncode == 0, told.stdout


@by_file
def test_below_the_doors_the_day_is_an_argument(path):
    parts = path.relative_to(PACKAGE).parts
    return [] if parts[0] in DOORS or parts == ("services", "runs.py") else clocks_read(tree_of(path))


@by_file
def test_transactions_begin_on_the_one_write_path(path):
    on_it = NAMED[path] in ("services/command.py", "services/runs.py", "store/migrating.py")
    return [] if on_it else atomic_used(tree_of(path))


def test_what_these_rules_look_for_is_found():
    assert list(clocks_read(ast.parse("dt.datetime.now()\ndate.today()\ntime.time()\ntimezone.now()"))) == [1, 2, 3, 4]
    assert atomic_used(ast.parse("with transaction.atomic(): pass"))
    assert floats_of_money(ast.parse("f.with_columns(open_minor=pl.col('a').cast(pl.Float64))"))
    assert floats_of_money(ast.parse("(pl.col('a') / 2).alias('a_minor')"))
    assert list(codes_overwritten(ast.parse("raise NotFound('There is no {code}.', code=code)"))) == [1]


@rule_of(CODE)
def test_modules_open_with_what_they_are_for(path):
    is_empty = path.name == "__init__.py" and not tree_of(path).body
    return [] if is_empty or ast.get_docstring(tree_of(path)) else ["no docstring"]


@by_file
def test_modules_and_functions_stay_small(path):
    long = [node.name for node in functions(tree_of(path)) if length(node) > FUNCTION_LINES_MAX]
    return [*long, lines_of(path)] if lines_of(path) > LINES_MAX else long


def lines_of(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_most_modules_are_read_in_one_sitting():
    long = [NAMED[path] for path in CODE if lines_of(path) > LINES_USUAL]
    assert len(long) <= len(CODE) * LONG_SHARE_MAX, long


def test_most_functions_are_a_few_lines():
    lengths = [length(node) - len(docstring_lines(node)) for tree in map(tree_of, SOURCES) for node in functions(tree)]
    assert statistics.median(lengths) <= FUNCTION_LINES_MEDIAN


def docstring_lines(function):
    return (ast.get_docstring(function, clean=False) or "").splitlines()


@by_file
def test_names_say_what_is_inside(path):
    return VAGUE & {*path.relative_to(PACKAGE).parent.parts, path.stem}


@rule_of([path for path in SOURCES if NAMED[path].split("/")[0] in ("engine", "policies", "services")])
def test_public_functions_say_what_they_do_and_return(path):
    functions = public(tree_of(path).body)
    yield from (node.name for node in functions if not ast.get_docstring(node))
    yield from (node.name for node in (*functions, *public_methods(tree_of(path))) if node.returns is None)


def floats_of_money(tree):
    """Lines that make a ``*_minor`` column of floats: a cast to one, or a division, under that name."""
    made = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and (node.arg or "").endswith("_minor"):
            made.append(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "alias" and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and str(name.value).endswith("_minor"):
                made.append(node.func.value)
    return [value.lineno for value in made if is_float(value)]


def is_float(value):
    """Whether the outermost step of an expression leaves a float."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
        return True
    if isinstance(value, ast.Call) and getattr(value.func, "attr", "") == "cast" and value.args:
        return ast.unparse(value.args[0]) in ("pl.Float64", "pl.Float32", "float")
    return False


@by_file
def test_money_is_never_made_a_float(path):
    return floats_of_money(tree_of(path))


def declared_tables():
    for found in pkgutil.walk_packages([str(PACKAGE / "engine")], "seawall.engine."):
        module = importlib.import_module(found.name)
        yield from (value for value in vars(module).values() if isinstance(value, Table))


def test_tables_hold_money_as_whole_minor_units():
    tables = {table.name: table for table in declared_tables()}
    assert len(tables) >= 7
    wrong = [
        f"{table.name}.{name}"
        for table in tables.values()
        for name, column in table.columns.items()
        if name.endswith("_minor") and column.dtype not in (pl.Int64, pl.Int128)
    ]
    assert wrong == []


def test_the_database_holds_money_as_whole_minor_units():
    from django.apps import apps

    fields = [field for model in apps.get_models() for field in model._meta.fields if field.name.endswith("_minor")]
    assert fields
    assert [str(field) for field in fields if field.get_internal_type() != "BigIntegerField"] == []


def test_the_version_is_said_once():
    assert seawall.__version__ in (ROOT / "src/seawall/__init__.py").read_text()
    assert "version = " not in (ROOT / "pyproject.toml").read_text().split("[project.scripts]")[0]


def codes_overwritten(tree):
    """Errors whose sentence has a place named ``code``: what fills it would become the error's own stable code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            template = node.exc.args[0]
            if isinstance(template, ast.Constant) and "{code}" in str(template.value):
                yield node.lineno


@by_file
def test_no_sentence_takes_the_place_of_an_errors_code(path):
    return codes_overwritten(tree_of(path))
