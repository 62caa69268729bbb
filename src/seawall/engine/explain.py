"""Why a figure of a report is what it is: down to policies, tables, exchange rates and source rows."""

from __future__ import annotations

from seawall.engine.explain_customer import Customer
from seawall.engine.explain_down import Down
from seawall.engine.explain_exposure import BANK_TITLES, EXPOSURE_TITLES, Exposure
from seawall.engine.explain_headline import TITLES, Headline
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.trace import Step
from seawall.engine.ledger.items import Ledger
from seawall.engine.report import Report

__all__ = ["EXPOSURE_TITLES", "FIGURES", "TITLES", "explain", "figure_named", "is_of_bank"]

FIGURES = TITLES | EXPOSURE_TITLES | BANK_TITLES
"""Every figure that explains itself, and its title."""


def figure_named(name: str) -> str:
    """The whole name of a figure that may leave out its unit, as ``loss_ratio`` does; an unknown one as it is."""
    whole = (f"{name}{unit}" for unit in ("", "_minor", "_rate", "_days"))
    return next((each for each in whole if each in FIGURES), name)


def is_of_bank(name: str) -> bool:
    """Whether a figure, of whose name the unit may be left out, is made of bank statements, not of a report."""
    return figure_named(name) in BANK_TITLES


def explain(
    report: Report, ledger: Ledger | None, figure: str, *, policies: Policies, customer: str | None = None
) -> Step:
    """The trace of a headline figure, or of a column of one customer.

    ``ledger`` is what the report was made of, with numbers and source rows where it has them. With it a headline
    figure goes down to its largest customers and documents; without, it ends at the tables of the report.

    Raises:
        UsageError: no such figure or customer, one of a customer without its ledger, or policies that are
            not those of the report.
    """
    if policies.digest != report.policies_digest:
        raise UsageError("The report was made under other policies than these.")
    if figure in EXPOSURE_TITLES and ledger is not None:
        return _exposure(report, ledger, figure, policies, customer)
    if customer is None:
        below = None if ledger is None else Down(report, policies, ledger)
        return Headline(report, policies, below).step(figure)
    if ledger is None:
        raise UsageError("A customer's figure is explained from its items: give the ledger too.")
    return Customer.of(report, policies, ledger, customer).step(figure)


def _exposure(report: Report, ledger: Ledger, figure: str, policies: Policies, customer: str | None) -> Step:
    if customer is None:
        whole = Headline(report, policies, Down(report, policies, ledger)).step("open_minor")
        return Exposure(report, policies, ledger, whole).step(figure)
    owed = Customer.of(report, policies, ledger, customer).step("open_minor")
    return Exposure(report, policies, ledger.of_customers([customer]), owed).step(figure)
