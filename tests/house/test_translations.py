"""Both languages are whole: every sentence shown to people has a Chinese one, with the same places to fill in."""

import ast
import importlib.util
import re
import string
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from parsed import tree_of

from seawall.engine.kernel import errors

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "seawall"
PARTS = sorted((PACKAGE / "locale/zh_Hans/parts").glob("*.po"))


CLASS = re.compile(r"^\s*class (\w+)\(([^)]*)\):", re.MULTILINE)


def kinds_of_errors():
    """The names of the product's errors: those of the kernel, and whatever a module makes of them."""
    known = {
        name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.SeawallError)
    }
    for path in sorted(PACKAGE.rglob("*.py")):
        for name, bases in CLASS.findall(path.read_text(encoding="utf-8")):
            if known & set(re.findall(r"\w+", bases)):
                known.add(name)
    return known


ERRORS = kinds_of_errors()
FIRST_ARGUMENT = {"_", "gettext", "gettext_lazy", "gettext_noop", "noop", "say", "Sentence", *ERRORS}
"""Functions whose first argument is a sentence."""

PLACES = {"Finding": (2, 3), "Flaw": (1,), "ngettext": (0, 1)}
"""Functions that take sentences in other places."""

SENTENCE_KEYWORDS = {name: {"hint"} for name in (*ERRORS, "Flaw")}
TEMPLATE_CALL = re.compile(r"\b(n?)p?gettext\(")
TEXT = re.compile(r"""\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*(,?)""")


def catalogue():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.whole_catalogue(ROOT)


CATALOGUE = catalogue()


def called(node):
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def sentences_of(tree):
    """Sentences in the source, as ``(text, line)``; text is None where one is put together and cannot be translated."""
    named = texts_by_name(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        places = PLACES.get(name, (0,) if name in FIRST_ARGUMENT else ())
        given = [node.args[place] for place in places if place < len(node.args)]
        given += [word.value for word in node.keywords if word.arg in SENTENCE_KEYWORDS.get(name, ())]
        for argument in given:
            for each in named[argument.id] if isinstance(argument, ast.Name) else [argument]:
                if not (isinstance(each, ast.JoinedStr) and isinstance(node.func, ast.Name) and name == "say"):
                    yield from texts_of(each)  # the command line's own `say` is given sentences already translated


def texts_by_name(tree):
    """What is assigned to each name: a sentence may be kept under one before it is used."""
    named = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id].append(node.value)
    return named


def texts_of(argument):
    """The texts an argument may be: a constant, or either branch of a choice."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value.strip():
        yield argument.value, argument.lineno
    elif isinstance(argument, ast.IfExp):
        yield from texts_of(argument.body)
        yield from texts_of(argument.orelse)
    elif isinstance(argument, ast.JoinedStr):
        yield None, argument.lineno


def sentences_of_template(source):
    from django.utils.translation.template import templatize

    code = templatize(source)
    for call in TEMPLATE_CALL.finditer(code):
        position, wanted = call.end(), 2 if call.group(1) else 1
        for _ in range(wanted):
            found = TEXT.match(code, position)
            if found is None:
                break
            yield ast.literal_eval(found.group(1)), code.count("\n", 0, position) + 1
            position = found.end()


def all_sentences():
    """Every sentence of the package, with the first place it stands."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" not in path.parts:
            for text, line in sentences_of(tree_of(path)):
                found.setdefault(text, f"{path.relative_to(PACKAGE)}:{line}")
    for path in sorted((PACKAGE / "web").rglob("*.html")):
        for text, line in sentences_of_template(path.read_text(encoding="utf-8")):
            found.setdefault(text, f"{path.relative_to(PACKAGE)}:{line}")
    return found


def chinese(text):
    message = CATALOGUE.get(text)
    if message is None:
        return ""
    return message.string if isinstance(message.string, str) else message.string[0]


def places(text):
    """What a sentence leaves to be filled in: ``{name}`` and ``%(name)s``."""
    braces = {field for _, field, _, _ in string.Formatter().parse(text) if field} if "{" in text else set()
    return braces | set(re.findall(r"%\((\w+)\)", text))


def test_no_sentence_lacks_its_chinese():
    missing = [f"{place}: {text}" for text, place in all_sentences().items() if text and not chinese(text).strip()]
    assert not missing, f"{len(missing)} missing:\n" + "\n".join(missing)


def test_no_sentence_is_put_together():
    assert [place for text, place in all_sentences().items() if text is None] == []


def test_both_languages_leave_the_same_places():
    wrong = [message.id for message in CATALOGUE if message.id and places(first(message.id)) != places(said(message))]
    assert wrong == []


def first(msgid):
    return msgid if isinstance(msgid, str) else msgid[0]


def said(message):
    return message.string if isinstance(message.string, str) else message.string[0]


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_a_part_is_well_formed_and_nothing_in_it_is_in_doubt(path):
    with path.open("rb") as file:
        part = read_po(file, locale="zh_Hans", abort_invalid=True)
    assert [message.id for message in part if message.fuzzy and message.id] == []


def test_one_sentence_has_one_translation():
    given = defaultdict(set)
    for path in PARTS:
        with path.open("rb") as file:
            for message in read_po(file, locale="zh_Hans"):
                if message.id:
                    given[first(message.id), message.context].add(said(message))
    assert {text: ways for text, ways in given.items() if len(ways) > 1} == {}


def test_what_the_search_looks_for_is_found():
    code = 'raise InputError("No {x}.", hint="Try {x}." if a else "Or not.", x=1)\nlanguage().say("Page")\n_(f"a {b}")'
    assert [text for text, _ in sentences_of(ast.parse(code))] == ["No {x}.", "Try {x}.", "Or not.", "Page", None]
    page = '{% load i18n %}{% translate "Open" %} {% blocktranslate %}Of {{ n }}{% endblocktranslate %}'
    assert [text for text, _ in sentences_of_template(page)] == ["Open", "Of %(n)s"]
