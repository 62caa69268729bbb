"""Scenarios of policies: a version is proposed by one person and brought into force by another."""

import itertools

from stocked import ON, person
from verbs.registry import scenario

from seawall.services import access, approvals, policies
from seawall.services.access import Grant, actor_of

NUMBERS = itertools.count(1)


def version(months):
    return f"values:\n  2026-03-01:\n    value: {{months: {months}}}\n    source: Board of 1 March\n"


def someone(role):
    return actor_of(person(f"{role}{next(NUMBERS)}", Grant(role)))


@scenario(access.POLICY_PROPOSE)
def a_policy_is_proposed(_world):
    author = someone("credit_manager")
    return lambda: policies.propose(author, "house.dso", version(7), reason="The board decided.")


@scenario(access.POLICY_APPROVE)
def a_policy_is_approved(_world):
    author, second = someone("credit_manager"), someone("finance")
    made = policies.propose(author, "house.dso", version(8), reason="The board decided.")
    return lambda: approvals.approve(second, made.number, digest=made.digest, on=ON)
