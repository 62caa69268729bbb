"""S4: take the scope out of any one selector, and the tests of who sees what go red."""

import ast
import os
import sys
from pathlib import Path

import pytest
from access.asking import asker, missing_query, text_of, without
from access.registry import FOREIGN, collected
from parsed import tree_of

import seawall
from seawall.services import reading
from seawall.services.access import ALL, READ, Actor
from seawall.store.scope import ScopedQuerySet

PACKAGE = Path(seawall.__file__).parent
TESTS = Path(__file__).resolve().parents[1]
ELSEWHERE = {"services/access.py"}
"""Where the scope is made: nothing is read there."""

NARROW_ALREADY = {
    "services/attachments.py _of Dispute": "of an item that was found within the scope, by its number",
    "services/attachments.py of_disputes Document": "of an item that was found within the scope, and of its entity alone",
    "services/subjects.py entity_of Entity": "narrowed before, to where the actor has the right asked for",
    "services/bank_reading.py accounts BankStatement": "by account, of the accounts that the query before found",
    "services/contacts.py may Account": "narrowed once more, to where the actor may read contacts",
    "services/contacts.py page Account": "narrowed once more, to where the actor may read contacts",
    "services/sources.py _seen IntakeSource": "narrowed once more, to where the actor imports or keeps integrations",
    "services/disputes.py of_item Dispute": "of a document that was found within the scope, by its number",
    "services/periods.py listed PeriodWithdrawal": "by signature, of the signatures that the query before found",
    "services/policies.py _newest_versions PolicyVersion": "of the whole organisation and of an entity found within the scope",
    "services/policies.py shown PolicyVersion": "of the whole organisation and of an entity found within the scope",
    "services/insurer_comparing.py latest InsurerComparison": "of the connections that the query before found",
    "services/insurer_events.py found InsurerEvent": "of the connections that the query before found",
    "services/insurer_events.py listed InsurerEvent": "of the connections that the query before found",
    "services/insurer_messages.py _found InsurerMessage": "of the connections that the query before found",
    "services/insurer_messages.py _seen InsurerMessage": "of the connections that the query before found",
    "services/insurer_messages.py exchanges InsurerExchange": "of a connection that was found within the scope",
    "services/insurer_messages.py shown InsurerExchange": "of a message that was found within the scope",
    "services/insurers.py links InsuredCompany": "of a connection that was found within the scope",
    "services/insurers.py seen InsurerConnection": "narrowed once more, to where the actor deals with insurers",
    "services/proposals.py listed ProposalDecision": "by number, of the proposals that the query before found",
    "services/proposals.py versions Proposal": "of a proposal found within the scope; its versions are of the same entities",
    "services/subjects.py item_of Allocation": "of the document that the query before found",
    "services/webhooks.py _seen WebhookEndpoint": "narrowed once more, to where the actor keeps integrations",
    "services/allocating.py allocations_of Allocation": "of a document that was found within the scope, by its number",
    "services/allocating.py allocations_of Item": "the documents of allocations of a document found within the scope",
    "services/bank_matching.py _learnt BankMatch": "decides which customer within the scope is proposed; shows nothing itself",
    "services/imports.py rejects ImportReject": "of the file that the first query found within the scope",
    "services/alerts.py _seen AlertAddress": "narrowed once more, to where the actor keeps integrations",
    "services/claim_files.py _documents Item": "by document, of the documents that the query before found",
    "services/claim_journal.py _changes InsurancePolicyVersion": "days of approvals, used for claims found within the scope",
    "services/bank_documents.py decision BankMatch": "of an entry that was found within the scope",
    "services/imports.py one ImportFile": "of an import of which every entity was found within the scope",
    "services/imports.py one ImportUndo": "of an import of which every entity was found within the scope",
    "services/timeline.py _corrections Item": "of a document that was found within the scope, by its number",
}
"""Selectors that look for one key already found within the scope, or show nothing of an entity; each says why."""

HELD_ELSEWHERE = {
    "services/bank.py _entity Entity": "tests/access/test_services.py::test_a_new_account_is_of_the_one_entity_that_is_seen",
    "services/limit_evidence.py _on_file LimitEvidence": "tests/services/test_limit_evidence.py::"
    "test_an_entity_sees_its_days_as_they_are_kept_of_all_and_no_document_that_names_others",
    "services/limit_evidence.py vault actor": "tests/services/test_limit_evidence.py::"
    "test_an_entity_sees_its_days_as_they_are_kept_of_all_and_no_document_that_names_others",
    "services/period_difference.py difference actor": "tests/services/test_period_facts.py::"
    "test_what_another_entity_wrote_later_is_told_to_nobody_who_does_not_see_it",
    "services/runs.py latest Run": "tests/services/test_runs.py::test_runs_of_other_entities_are_not_there",
    "services/subjects.py entities_of actor": "tests/access/test_services.py::"
    "test_what_one_writes_of_a_shared_customer_is_of_its_own_entities_and_not_of_everybody",
    "services/subjects.py item_with Item": "tests/access/test_attached.py::"
    "test_an_item_that_another_entity_s_file_is_about_is_not_found_by_its_number",
}
"""Selectors that no page and no operation tells of in the world here, each with the test that notices it where it is used."""

AFTER = "asked only of an object found within the scope before, and a foreign one never is"
UNREACHED = {
    "services/allocating.py _beside Allocation": "between two documents found within the scope, once one is applied to the other",
    "services/allocating.py effect Allocation": "of a document found within the scope, once an allocation of it is taken back",
    "services/insurer_comparing.py compare InsurerComparison": "by the key just made, of a connection found within the scope",
    "services/insurer_messages.py effect InsurerSending": "of a message found within the scope, once it is sent again or withdrawn",
    "services/insurers.py effect InsurerConnection": "of a connection found within the scope, once it is changed",
    "services/organisation.py about Item": "a day, where there is no run: and nothing of whose",
    "services/runs.py row Run": "asked by the job that makes a run, by the digest of a manifest that names the actor's own entities",
    "services/runs.py _started Run": "asked by the job that makes a run, by the key just made",
    "services/runs.py _carry_out Run": "asked by the job that makes a run, by its key",
    "services/runs.py effect Run": "asked by the job that makes a run, by its key",
    "services/runs.py prepared actor": "asked by the job that makes a run: says in the manifest whether the actor sees all",
    "services/snapshots.py known_from_of actor": "each ledger here is known from its first day; a day, and nothing of whose",
    "services/bank.py _take BankStatement": "no question here brings a statement of a bank",
    "services/bank_decide.py _record BankMatch": AFTER,
    "services/bank_decide.py _replayed BankCase": AFTER,
    "services/bank_decide.py _replayed BankMatch": AFTER,
    "services/bank_decide.py _taken BankMatch": AFTER,
    "services/bank_decide.py effect BankCase": AFTER,
    "services/bank_decide.py effect BankCaseEnd": AFTER,
    "services/bank_decide.py effect BankMatch": AFTER,
    "services/claim_files.py keep KeptDocument": AFTER,
    "services/reminding.py of actor": "asked by the nightly job, as each receiver",
    "services/runs.py measuring self.actor": "asked by the job that makes a run",
    "services/saved_views.py save Entity": "no question here shares a view in an entity",
    "services/source_changes.py effect IntakeSource": AFTER,
    "services/sources.py effect IntakeSource": AFTER,
    "services/sources.py files SourceFile": AFTER,
    "services/webhooks.py add Entity": "the actor must keep integrations in the entity named, which is asked before",
    "services/webhooks.py effect WebhookEndpoint": AFTER,
    "services/write_offs.py _evidence Document": AFTER,
    "services/write_offs.py _recoveries Item": AFTER,
}
"""Selectors that no question of S1 passes, each with the reason; one more is a question that is missing."""


def selectors():
    """Every place in the services that narrows what it reads to what the actor sees, as ``file:line``."""
    for path in sorted((PACKAGE / "services").rglob("*.py")):
        name = str(path.relative_to(PACKAGE))
        if name in ELSEWHERE:
            continue
        tree = tree_of(path)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute):
                continue
            of_actor = ast.unparse(node.value) in ("actor", "self.actor", "reading.actor")
            of_table = node.attr == "scoped" and ast.unparse(node.value).endswith(".objects")
            if of_table or (of_actor and node.attr in ("entities", "sees")):
                whose = ast.unparse(node.value).removesuffix(".objects")
                around = [each for each in functions if each.lineno <= node.lineno <= each.end_lineno]
                yield (
                    f"{name}:{node.end_lineno}",
                    f"{name} {max(around, key=lambda each: each.lineno).name} {whose}",
                )


FUNCTION_OF = dict(sorted(selectors()))
SELECTORS = [place for place, each in FUNCTION_OF.items() if each not in NARROW_ALREADY and each not in HELD_ELSEWHERE]


def caller():
    """The place in the services that asks for the scope."""
    frame = sys._getframe(2)
    if frame.f_code.co_name == "manager_method":  # Django's own way from a manager to its queryset
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    return f"{path.relative_to(PACKAGE)}:{frame.f_lineno}" if path.is_relative_to(PACKAGE) else ""


@pytest.fixture(scope="module")
def guard():
    """The scope's three questions, watched; one place may be made blind."""
    state = {"blind": "", "reached": set()}
    scoped, entities, sees = ScopedQuerySet.scoped, Actor.entities, Actor.sees

    def is_blind(place):
        state["reached"].add(place)
        return bool(place) and place == state["blind"]

    def watched_scoped(self, actor):
        return self.every_entity() if is_blind(caller()) else scoped(self, actor)

    def watched_entities(self):
        return ALL if is_blind(caller()) else self.where(READ)

    def watched_sees(self, entity):
        return True if is_blind(caller()) else sees(self, entity)

    patch = pytest.MonkeyPatch()
    patch.setattr(ScopedQuerySet, "scoped", watched_scoped)
    patch.setattr(Actor, "entities", property(watched_entities))
    patch.setattr(Actor, "sees", watched_sees)
    yield state
    patch.undo()
    assert Actor.entities is entities


def tries(world):
    """Every question of S1: the case, the place, the address's tail, the data."""
    for case in (each for each in collected() if each.kind != "plain"):
        place = case.foreign(world) if callable(case.foreign) else case.foreign or {}
        data = case.data(world, place) if callable(case.data) else case.data
        for query in case.queries or ((case.query(world) if callable(case.query) else case.query),):
            yield case, place, query, data


def right_answers(case, query, values):
    """The statuses that S1's own tests take."""
    if case.kind == "by_id":
        return case.answer or (404,)
    if query.get("entity") == FOREIGN:
        return (404,)
    return case.answer or ((200,) if case.kind == "lists" and not values else range(600))


def shows(ask, world, tried):
    """What is foreign in an answer that must show nothing of it."""
    case, place, query, data = tried
    response = ask(case, place, query, data)
    asked_for = [str(value) for value in (*place.values(), *query.values())]
    values = [value for value in asked_for if FOREIGN in value or case.kind == "by_id"]
    said = text_of(response)
    text = without(said, values)
    if any(mark in text for mark in world.marks) or response.status_code not in right_answers(case, query, values):
        return True
    if case.kind == "by_id":
        return bool(case.answer) and tells(ask, world, tried, said)  # else its status told already
    if not values:
        return False
    other = ask(case, place, missing_query(query), data)
    return response.status_code != other.status_code


def tells(ask, world, tried, said):
    """Whether what was said about a foreign object is another thing than about one that does not exist."""
    case, place, query, _data = tried
    missing = case.missing(world) if callable(case.missing) else case.missing
    data = case.data(world, missing) if callable(case.data) else case.data
    other = ask(case, missing, missing_query(query), data)
    asked_for = [*place.values(), *missing.values(), *query.values(), *missing_query(query).values()]
    return without(said, asked_for) != without(text_of(other), asked_for)


@pytest.fixture(scope="module")
def count():
    """As of the promises, for fixtures of a module."""
    return lambda small, full: full if os.environ.get("SEAWALL_PROMISES") == "full" else small


@pytest.fixture(scope="module")
def touched(world, guard, count):
    """Which questions pass which selector."""
    ask, found = asker("ann"), {}
    for tried in (each for each in tries(world) if count(each[0].name in QUICK.values(), True)):
        forget()
        guard["reached"] = set()
        assert not shows(ask, world, tried), tried
        for place in guard["reached"]:
            found.setdefault(place, []).append(tried)
    return ask, found


QUICK = {
    "services/bank_reading.py accounts BankAccount": "GET api:/bank/accounts",
    "services/bank_reading.py freshness BankStatement": "GET api:/bank/accounts",
    "services/imports.py imports ImportFile": "GET web:imports",
    "services/search.py items_found Item": "GET web:search",
}
"""Mutants of `make test`, each with a question that notices it; `make promises` makes all, and asks all questions."""


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.promise("S4")
@pytest.mark.timeout(1200)
def test_without_any_one_scope_something_foreign_is_shown(world, guard, touched, count, promise):
    ask, found = touched
    reached = [place for place in SELECTORS if place in found]
    tried = count([place for place in reached if FUNCTION_OF[place] in QUICK], reached)
    assert {FUNCTION_OF[place] for place in tried} >= set(QUICK)
    unreached = {FUNCTION_OF[place] for place in SELECTORS if place not in found}
    named = count(unreached, set(UNREACHED))
    assert sorted(unreached - named) == [], "a question of S1 is missing, or its reason"
    assert sorted(named - unreached) == [], "a question reaches it now"
    alive = [place for place in tried if not is_noticed(world, guard, ask, place, found.get(place, ()))]
    assert alive == [], {place: len(found.get(place, ())) for place in alive}
    within, held = (sum(each in named for each in FUNCTION_OF.values()) for named in (NARROW_ALREADY, HELD_ELSEWHERE))
    rest = count("", f"; {len(SELECTORS) - len(reached)} are reached by no question of S1, each for a reason named")
    promise(
        f"{len(tried)} selectors without their scope: noticed {len(tried)}; {within} look for what was found within it, "
        f"and answer the same without; {held} are held by a test named{rest}"
    )


@pytest.mark.slow
@pytest.mark.django_db
def test_without_the_scope_of_what_is_narrow_already_every_answer_is_the_same(world, guard, touched, count):
    """Why no question notices: none is answered otherwise, of those that answer twice alike; of each there are some."""
    ask, found = touched
    narrow = {place: each for place, each in FUNCTION_OF.items() if each in NARROW_ALREADY}
    nowhere = sorted({narrow[place] for place in narrow if place not in found})
    assert count([], nowhere) == [], "reached by no question"
    told, differs = set(), []
    for place in (each for each in narrow if each in found):
        for tried in found[place][: count(3, 12)]:
            own = answered(guard, ask, tried, "")
            if own == answered(guard, ask, tried, ""):  # else it counts what it made
                told.add(place)
                differs += [(narrow[place], tried[0].name)] if own != answered(guard, ask, tried, place) else []
    assert differs == []
    assert sorted({narrow[place] for place in narrow if place in found and place not in told}) == [], "nothing was held"


def answered(guard, ask, tried, blind):
    """Status and text of an answer, with a place made blind."""
    case, place, query, data = tried
    guard["blind"] = blind
    forget()
    try:
        response = ask(case, place, query, data)
    finally:
        guard["blind"] = ""
    return response.status_code, without(text_of(response), [])


def is_noticed(world, guard, ask, place, questions):
    """Whether any question that passes the place shows something foreign once the place is blind.

    A page that breaks shows nothing, and proves nothing of its tests: it breaks this one too.
    """
    guard["blind"] = place
    try:
        return any(shows(ask, world, tried) for tried in questions if forget() is None)
    finally:
        guard["blind"] = ""
        forget()


def forget():
    """Read ledgers anew: what one question opened is not the next one's."""
    reading._ledgers._kept.clear()
    reading._reports._kept.clear()


def test_what_is_set_apart_is_there_and_once():
    apart = [*NARROW_ALREADY, *HELD_ELSEWHERE, *UNREACHED]
    assert set(apart) <= set(FUNCTION_OF.values())
    assert len(apart) == len(set(apart))


@pytest.mark.parametrize("named", sorted(set(HELD_ELSEWHERE.values())))
def test_the_tests_that_are_named_are_there(named):
    path, _, name = named.partition("::")
    tree = tree_of(TESTS.parent / path)
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
