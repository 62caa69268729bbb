"""Scenarios of the bank: statements come in, money is matched, set aside, taken back, and what it left open is settled."""

import itertools

from stocked import ON, SYSTEM
from verbs.registry import scenario

from seawall.engine.kernel.money import amount_text
from seawall.services import access, bank, bank_cases, bank_decide, bank_matching, bank_reading

NUMBERS = itertools.count(1)


def statement(amount="50,00"):
    """A statement of an account of its own: one receipt that names nothing."""
    number = f"VERBS-{next(NUMBERS)}"
    text = (
        f":20:X\n:25:{number}\n:60F:C260320CNY0,00\n:61:2603200320C{amount}NTRFNONREF//{number}\n:86:unknown\n"
        f":62F:C260320CNY{amount}\n"
    )
    return number, text.encode()


def money_in(world):
    """The number of an entry that nothing was decided about."""
    number, data = statement()
    bank.import_files(SYSTEM, [(f"{number}.sta", data)], entity=world.entity)
    return bank_reading.entries(SYSTEM).get(account__number=number).pk


def payment(world):
    """What a customer with something open pays with an entry: too little money for the item, and something over."""
    entry = money_in(world)
    row = bank_matching.entry_of(SYSTEM, entry)
    for customer in sorted(bank_matching.names(SYSTEM, row, on=ON)):
        items = bank_matching.open_items(SYSTEM, row, on=ON, customer=customer)
        if items:
            part = {items[0].number: amount_text(min(items[0].left_minor, 1_000), "CNY")}
            return entry, {"on": ON, "customer": customer, "parts": part}
    raise AssertionError("nothing is open")


@scenario(access.BANK_IMPORT)
def a_statement_is_taken_in(world):
    number, data = statement()
    return lambda: bank.import_files(SYSTEM, [(f"{number}.sta", data)], entity=world.entity)


@scenario(access.MATCH_CONFIRM)
def money_is_matched(world):
    entry, choice = payment(world)
    return lambda: bank_decide.allocate(SYSTEM, entry, **choice)


@scenario(access.MATCH_CONFIRM)
def a_match_is_taken_back(world):
    entry, choice = payment(world)
    bank_decide.allocate(SYSTEM, entry, **choice)
    return lambda: bank_decide.take_back(SYSTEM, entry, reason="not theirs")


@scenario(access.MATCH_CONFIRM)
def money_is_set_aside(world):
    entry = money_in(world)
    return lambda: bank_decide.set_aside(SYSTEM, entry, reason="interest")


@scenario(access.MATCH_CONFIRM)
def a_case_is_settled(world):
    entry, choice = payment(world)
    bank_decide.allocate(SYSTEM, entry, **choice)
    (case,) = [each for each in bank_cases.cases(SYSTEM) if each.entry_id == entry]
    return lambda: bank_decide.close_case(SYSTEM, case.case_id, on=ON, resolution="paid")
