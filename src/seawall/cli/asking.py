"""Opening what a question is about: a ledger from files, without a database, or the store's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seawall.cli.options import Question, language, say
from seawall.engine.kernel.asof import FROM_FILES, AsOf
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.lazy import cached_property

if TYPE_CHECKING:
    from seawall.engine.kernel.fx import Rates, RateTable
    from seawall.engine.kernel.policy import Policies
    from seawall.engine.ledger.insured_facts import InsuredFacts
    from seawall.engine.ledger.items import Ledger
    from seawall.engine.report import Report
    from seawall.exchange.mapping import Mapping as Mapped
    from seawall.exchange.policy_texts import PolicyText
    from seawall.services.documents import Basis
    from seawall.services.files import LoadedFiles
    from seawall.services.organisation import About


@dataclass(frozen=True)
class Book:
    """An opened ledger, the day asked about, and where its facts came from."""

    ledger: Ledger
    as_of: AsOf
    currency: str | None
    loaded: LoadedFiles | None = None
    company: About | None = None
    known_at: dt.datetime | None = None
    own_rates: RateTable | None = None
    actor: Any = None
    """Who asks the store; None of files."""

    @property
    def basis(self) -> Basis:
        """Where the facts came from, for the head of a report."""
        from seawall.services.documents import Basis, Source

        if self.loaded is None:
            name, is_demo = (self.company.name, self.company.is_demo) if self.company else ("", False)
            from seawall.services import single_user

            return Basis(
                batch=self.as_of.known, known_at=self.known_at, company=name, is_demo=is_demo,
                single_user=single_user.said(),
            )  # fmt: skip
        sources = tuple(Source(one.name, one.sha256, one.size_bytes) for one in self.loaded.sources)
        return Basis(sources=sources, rejected_rows=self.loaded.rejects.height)

    @cached_property
    def policies(self) -> Policies:
        """The policies in force."""
        if self.loaded is None:
            from seawall.services.governing import governing, sole_entity

            return governing(known=self.as_of.known, entity=sole_entity(self.ledger))
        from seawall.policies.load import shipped

        return shipped()

    @cached_property
    def rates(self) -> Rates:
        """The exchange rates of the day.

        Raises:
            UsageError: several currencies and none asked for.
            PolicyGap: a rate is missing or too old.
        """
        from seawall.services import figures

        used = set(self.ledger.currencies)
        age = self._max_rate_age() if self.currency and used - {self.currency} else 0
        tables = self._rate_tables(self.as_of.on - dt.timedelta(days=age))
        return figures.rates_of(self.ledger, as_of=self.as_of, currency=self.currency, tables=tables, max_age_days=age)

    @cached_property
    def insured(self) -> tuple[Sequence[PolicyText], InsuredFacts]:
        """The insurance policies of the company as texts, and what insurers decided and paid."""
        if self.loaded is not None:
            return self.loaded.policy_texts, self.loaded.insured
        from seawall.services import snapshots, wordings

        known = self.as_of.known
        return wordings.texts(self.actor, known=known), snapshots.open_insured(self.actor, known=known)

    def rate_tables(self) -> tuple[Iterator[RateTable], int]:
        """Every table of exchange rates in the order in which they are asked, and how many days old a rate may be."""
        return self._rate_tables(dt.date.min), self._max_rate_age()

    def _max_rate_age(self) -> int:
        """How many days old an exchange rate may be, by policy."""
        from seawall.services import figures

        if self.loaded is None:
            own: int = self.policies.at(figures.RATE_AGE, self.as_of.on).value["max_age_days"]
            return own
        from seawall.policies.load import shipped_policy

        days: int = shipped_policy(figures.RATE_AGE).at(self.as_of.on).value["max_age_days"]
        return days

    def _rate_tables(self, since: dt.date) -> Iterator[RateTable]:
        """The company's own rates first; the central bank's are read only where those lack one."""
        if self.own_rates is not None:
            yield self.own_rates
        from seawall.exchange.ecb import ecb_rates

        yield ecb_rates(since)

    def names(self) -> dict[str, str]:
        """Customer code to name."""
        rows = self.ledger.customers.select("customer_code", "name")
        return dict(rows.iter_rows())


def opened(question: Question, *, details: bool = True) -> Book:
    """The ledger asked about. Without ``details`` only what ageing needs is read of a large one.

    Raises:
        UsageError: the question contradicts itself.
        FileRejected: files cannot be read.
        Refused: there is no store to answer from.
    """
    return _from_files(question, details=details) if question.paths else _from_store(question, details=details)


def _from_files(question: Question, *, details: bool) -> Book:
    from seawall.services import figures, files

    if question.known_at:
        raise UsageError(
            "--known-at asks what the store knew; files hold what they hold.", hint="Leave out --known-at."
        )
    on = question.day()
    loaded = files.load(question.paths, mapping=_mapping(question.mapping), details=details)
    for remark in loaded.remarks:
        from seawall.engine.ledger.rejects import WARNINGS

        say(language().say(WARNINGS[remark.code], **remark.params), about=remark.file)
    ledger = figures.only_entities(loaded.ledger, question.entity)
    return Book(ledger, AsOf(on, FROM_FILES), question.currency, loaded, own_rates=loaded.rates)


def _mapping(name: str | None) -> str | Mapped | None:
    """How to read the files: by a shipped mapping or a YAML, else by one of the company's own, where there is a store.

    Raises:
        MappingInvalid: the store has none of that name.
    """
    if name is None or not name.isidentifier():
        return name
    from seawall.exchange import mapping_reader
    from seawall.store.home import home

    if name in mapping_reader.known_names() or home().record is None:
        return name
    from seawall.cli import acting

    acting.opened()
    from seawall.services import mappings

    return mappings.found(name)


def _from_store(question: Question, *, details: bool) -> Book:
    if question.mapping:
        raise UsageError("--mapping says how to read files; none were given.", hint="Add --files.")
    moment = moment_of(question.known_at)
    on = question.day()
    from seawall.cli import acting

    actor = acting.opened()
    from seawall.services import figures, organisation, snapshots

    known = None if moment is None else snapshots.known_at(actor, moment)
    ledger, known = snapshots.open_ledger(actor, known=known, details=details)
    about = organisation.about(actor)
    if about.is_demo:
        say(language().say("Invented data: this is the demonstration company."))
    from seawall.services import single_user

    if mode := single_user.said():
        sentence = "Single-user mode since {day}, set by {who}: one person may approve what they proposed."
        say(language().say(sentence, day=language().day(mode["since"]), who=mode["by"]))
    asked = question.currency or about.reporting_currency or None
    mine = figures.only_entities(ledger, question.entity)
    return Book(
        mine, AsOf(on, known), asked, company=about, known_at=moment, actor=actor,
        own_rates=snapshots.own_rates(actor, known=known),
    )  # fmt: skip


def moment_of(text: str | None) -> dt.datetime | None:
    """The moment of ``--known-at``; UTC unless it says otherwise.

    Raises:
        UsageError: not a time.
    """
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        hint = "Write it as 2026-06-30T18:00, in UTC unless it says otherwise."
        raise UsageError("{time} is not a time.", hint=hint, time=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def run_of(
    book: Book, scheme: str | None = None, by: str = "due", choices: Mapping[str, Any] | None = None
) -> tuple[Report, Policies]:
    """The protection run of an opened ledger, and the policies it was made under.

    Raises:
        InputError: the ledger is empty.
        PolicyGap: a policy or an exchange rate is missing.
    """
    from seawall.engine.ledger.scheme import Scheme
    from seawall.services import documents

    policies = documents.chosen(book.policies, choices or {}, book.as_of.on)
    buckets = Scheme.parse(scheme, by) if scheme else None
    return documents.protection_report(book, scheme=buckets, policies=policies), policies


def protection(book: Book, scheme: str | None = None) -> dict[str, Any]:
    """The protection report of an opened ledger, as its published document.

    Raises:
        InputError: the ledger is empty.
        PolicyGap: a policy or an exchange rate is missing.
    """
    from seawall.services import documents

    report, policies = run_of(book, scheme)
    return documents.protection(
        report, book.ledger, basis=book.basis, policies=policies, insured=_insurance_of(book)
    )  # fmt: skip


def _insurance_of(book: Book) -> dict[str, Any] | None:
    """What the report says of insurance; None where there is no policy."""
    if not book.insured[0]:
        return None
    from seawall.cli.insured import insured
    from seawall.engine.kernel.errors import SeawallError
    from seawall.services import cover_maps

    try:
        return cover_maps.in_report(insured(book), on=book.as_of.on)
    except SeawallError as error:
        return cover_maps.unsaid(error)


def why(
    book: Book, figure: str, customer: str | None = None, run: tuple[Report, Policies] | None = None
) -> dict[str, Any]:
    """The trace of a figure of the protection report (of ``run``, else of the house's own), as plain data.

    A figure's name may leave out its unit, as ``loss_ratio`` does.

    Raises:
        UsageError: no such figure or customer.
    """
    from seawall.engine import explain

    report, policies = run or run_of(book)
    name = explain.figure_named(figure)
    return explain.explain(report, book.ledger, name, policies=policies, customer=customer).as_json()
