"""Premium: what a policy costs, what is to be declared, the insurer's invoice, and what other cover would have cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import amount_text, exponent, minor_of
from seawall.exchange import premium_invoice, report_premium
from seawall.exchange.report_layout import Table
from seawall.services import jobs, premium_store, whatif_jobs
from seawall.services.cover_choice import PRESETS, YEARS
from seawall.services.insurance import Document
from seawall.services.jobs import JobView
from seawall.services.premium_store import WhatIf
from seawall.web import numbers, words
from seawall.web.charts import INK, Chart
from seawall.web.paging import exported, exports, row_number
from seawall.web.protection.cover import insured_page, shown_table
from seawall.web.reader import Reader, changed
from seawall.web.settings.jobs import job_words

GIVEN = ("policy", "years", "limits", "regions", "part", "quarterly", "options", "appetite", "more_limit")
"""What the form about other cover asks."""

EARLIER = 5
"""So many questions that were worked out in the background are named on the page."""

BYTES_MOST = premium_invoice.SIZE_MOST


@insured_page("protection/premium.html", "premium")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """What a policy costs so far, and what it is expected to cost by its end."""
    language = words.language()
    found = premium_store.due(reader.detailed)["policies"]
    one, choices = _chosen(reader, found)
    tables = report_premium.due_tables(one, language)
    title = _("{policy}: premium of {amount} so far").format(policy=one["policy"], amount=_money(one, one["premium"]))
    if "export" in reader.request.GET:
        return exported(reader, tables[-1], title)
    chart = _chart(one)
    return {
        "title": title,
        "words": _("On the months that ended by {day}; the rest is expected from the year before.").format(
            day=numbers.day_text(reader.question.on)
        ),
        "choices": choices, "chart": chart, "exports": exports(reader), "links": _links(reader, one["policy"]),
        "currency": one["currency"],
        "tiles": [
            (said, numbers.Unit(one["currency"], 1).text(minor_of(amount, one["currency"])))
            for said, amount in (
                (_("Premium so far"), one["premium"]),
                (_("Premium expected by the end"), one["forecast"]["premium"]),
                (_("Still due so far"), one["due"]),
                (_("Not declared yet"), _missing(reader, one["policy"])),
            )
        ],
        "tables": [shown_table(reader, table.without_empty_columns()) for table in tables[:-1]],
    }  # fmt: skip


def _chosen(reader: Reader, found: Sequence[Document]) -> tuple[Document, list[dict[str, Any]]]:
    """The policy the address names, else the first; and where the others are."""
    code = reader.request.GET.get("policy", "")[:100]
    one = next((each for each in found if each["policy"] == code), found[0])
    choices = [
        {"words": each["policy"], "here": each is one, "query": changed(reader, policy=each["policy"])}
        for each in found
    ]
    return one, choices if len(choices) > 1 else []


def _links(reader: Reader, policy: str) -> list[tuple[str, str]]:
    named = (
        (_("Declaration"), "premium_declaration"), (_("Audit an invoice"), "premium_audit"),
        (_("What if"), "premium_whatif"),
    )  # fmt: skip
    return [(said, _address(reader, name, policy)) for said, name in named]


def _address(reader: Reader, name: str, policy: str) -> str:
    carried = reader.question.carried()
    return reverse(name) + carried + ("&" if carried else "?") + urlencode({"policy": policy})


def _home(reader: Reader, policy: str) -> str:
    return _address(reader, "premium", policy) if policy else reverse("premium") + reader.question.carried()


def _missing(reader: Reader, policy: str) -> str:
    """What is not declared yet of all months that ended."""
    (one,) = premium_store.declaration(reader.detailed, policy=policy)["policies"]
    minor = sum(minor_of(row["missing"], one["currency"]) for row in one["months"])
    return amount_text(minor, one["currency"])


def _money(one: Mapping[str, Any], amount: str) -> str:
    unit = numbers.Unit(one["currency"], 1)
    return f"{one['currency']} {unit.text(minor_of(amount, one['currency']))}"


def _chart(one: Document) -> Chart | None:
    """How much is still to come of what will be declared?"""
    rows, currency = one["forecast"]["months"], one["currency"]
    if not rows:
        return None
    unit, places = numbers.Unit(currency, 1), 10 ** exponent(currency)
    minor = [minor_of(row["declared"], currency) for row in rows]
    ended = [not row["is_forecast"] for row in rows]
    expected = sum(amount for amount, is_known in zip(minor, ended, strict=True) if not is_known)
    title = (
        _("{amount} more is expected to be declared by the end").format(amount=f"{currency} {unit.text(expected)}")
        if not all(ended)
        else _("All months have ended")
    )
    series = [
        {
            "name": name, "type": "bar", "color": color, "stack": "declared",
            "data": [amount / places if had is known else None for amount, had in zip(minor, ended, strict=True)],
        }
        for name, color, known in ((_("Ended"), INK["accent"], True), (_("Expected"), INK["line"], False))
    ]  # fmt: skip
    labels = [row["month"] for row in rows]
    return Chart(
        "chart-declared", title,
        {"labels": labels, "pointer": "shadow", "digits": exponent(currency), "min": min(0, *minor) / places,
         "series": series},
        _("Month"), [_("To be declared"), _("Ended or expected")],
        [
            (label, [unit.text(amount), _("month ended") if is_known else _("expected")])
            for label, amount, is_known in zip(labels, minor, ended, strict=True)
        ],
        note=currency,
    )  # fmt: skip


@insured_page("protection/tables.html", "premium")
def declaration(reader: Reader) -> dict[str, Any] | HttpResponse:
    """What is to be declared, month by month; of one month, down to its documents."""
    language = words.language()
    policy, month = (reader.request.GET.get(name, "")[:100] or None for name in ("policy", "month"))
    document = premium_store.declaration(reader.detailed, policy=policy, month=month, documents=month is not None)
    one, choices = _chosen(reader, document["policies"])
    tables = [report_premium.months(one, language), report_premium.lines(one, language)]
    if month is not None:
        tables.append(report_premium.documents(one["documents"], language))
    title = _("{policy}: {amount} to be declared").format(policy=one["policy"], amount=_money(one, one["declared"]))
    if "export" in reader.request.GET:
        return exported(reader, tables[-1], title)
    return {
        "title": title, "words": _declared_words(reader, month),
        "crumbs": [(_("Premium"), _address(reader, "premium", one["policy"])),
                   *([(_("All months"), "?" + changed(reader, month=""))] if month else [])],
        "tables": [_with_months(reader, table) for table in tables],
        "choices": choices, "exports": exports(reader), "links": [],
    }  # fmt: skip


def _declared_words(reader: Reader, month: str | None) -> str:
    if month is not None:
        return _("{month}: each document, and where its amount goes.").format(month=month)
    return _("By {day}. A month leads to its documents.").format(day=numbers.day_text(reader.question.on))


def _with_months(reader: Reader, table: Table) -> dict[str, Any]:
    """A table for the page, each month leading to its documents."""
    shown = shown_table(reader, table.without_empty_columns())
    if "month" in shown["keys"] and table.name != "documents":
        place = shown["keys"].index("month")
        for row in shown["rows"]:
            row[place]["address"] = "?" + changed(reader, month=row[place]["text"])
    return shown


@insured_page("protection/premium_audit.html", "premium", methods=("GET", "HEAD", "POST"))
def audit(reader: Reader) -> dict[str, Any]:
    """The insurer's invoice against the policy: a file in, each difference out."""
    policy = reader.request.GET.get("policy", "")[:100]
    crumbs = [(_("Premium"), _home(reader, policy))]
    answer: dict[str, Any] = {
        "title": _("Audit the insurer's invoice"), "crumbs": crumbs,
        "words": _("Against what the policy says is due by {day}.").format(day=numbers.day_text(reader.question.on)),
    }  # fmt: skip
    if reader.request.method != "POST":
        return answer
    name, text = _uploaded(reader)
    document = premium_store.audit(reader.detailed, text, policy=policy or None, name=name)
    language, count = words.language(), len(document["differences"])
    tables = [report_premium.differences(document, language), report_premium.rates(document, language)]
    told = (
        _("The invoice agrees with the policy.") if document["agrees"] else _("{count} differences").format(count=count)
    )
    return answer | {
        "title": told, "agrees": document["agrees"],
        "tables": [shown_table(reader, table.without_empty_columns()) for table in tables],
    }  # fmt: skip


def _uploaded(reader: Reader) -> tuple[str, str]:
    file = reader.request.FILES.get("invoice")
    if file is None or isinstance(file, list):
        raise InputError("Choose a file.", column="invoice")
    try:
        return file.name or "", file.read(4 * BYTES_MOST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("{file} cannot be read.", hint="Give a CSV file in UTF-8.", file=file.name) from None


@insured_page("protection/premium_whatif.html", "premium", methods=("GET", "HEAD", "POST"))
def whatif(reader: Reader) -> dict[str, Any] | HttpResponse:
    """What the last years would have cost under other policies; a POST has a long history worked out by a job."""
    given = {name: reader.request.GET.get(name, "").strip()[:4000] for name in GIVEN}
    if reader.request.method == "POST":
        job_id = whatif_jobs.start(reader.detailed, _asked(given), entity=reader.question.entity)
        return redirect(f"{reverse('premium_whatif')}?{changed(reader, job=str(job_id), export='')}")
    language = words.language()
    answer: dict[str, Any] = {
        "title": _("What cover would have cost"), "given": given | {"years": given["years"] or str(YEARS[1] - 2)},
        "words": _("The company's own years up to {day}, under the policy as it is and under other options.").format(
            day=numbers.day_text(reader.question.on)
        ),
        "crumbs": [(_("Premium"), _home(reader, given["policy"]))],
        "all_years": [str(year) for year in range(YEARS[0], YEARS[1] + 1)],
        "all_limits": [(code, language.say(said)) for code, said in report_premium.LIMITS.items()],
        "kept": list(reader.question.params().items()),
        "earlier": [(job_words(job), _address_of(job))
                    for job in jobs.listed(reader.actor, kind=whatif_jobs.KIND, limit=EARLIER)],
    }  # fmt: skip
    if "ask" not in reader.request.GET:
        return answer
    document = _worked_out(reader, answer, _asked(given))
    if document is None:
        return answer
    layout = report_premium.whatif(document, language)
    tables = [section for section in layout.sections if isinstance(section, Table)]
    if "export" in reader.request.GET:
        return exported(reader, tables[0], layout.title)
    return answer | {
        "title": layout.lead, "exports": exports(reader), "note": tables[0].note,
        "tables": [shown_table(reader, table.without_empty_columns()) for table in tables],
    }  # fmt: skip


def _worked_out(reader: Reader, answer: dict[str, Any], asked: WhatIf) -> Document | None:
    """The answer; None where it is still to be worked out: ``answer`` then says by what, and how far it is."""
    job_id = row_number(reader.request.GET.get("job", ""))
    if job_id is None:
        if not premium_store.is_long(reader.detailed, asked):
            return premium_store.whatif(reader.detailed, asked)
        answer["is_long"] = True
        return None
    job = whatif_jobs.shown(reader.actor, job_id=job_id)
    answer["job"] = job_words(job)
    answer |= {"has_worker": jobs.has_worker(), "is_moving": job.state in ("waiting", "running")}
    return job.result if job.state == "done" else None


def _address_of(job: JobView) -> str:
    """Where the answer of a job stands: the page, asked as the job was."""
    asked, told = whatif_jobs.asked_of(job.arguments), job.arguments
    presets = dict(each.partition(":")[::2] for each in asked.presets)
    query = {
        "as_of": told["on"], "currency": told["currency"], "entity": told["entity"], "ask": "1", "job": job.job_id,
        "policy": asked.policy, "years": asked.years, "limits": asked.limits, "appetite": asked.appetite,
        "more_limit": asked.more_limit, "options": "\n".join(asked.options),
        **{name: said or "1" for name, said in presets.items()},
    }  # fmt: skip
    return f"{reverse('premium_whatif')}?" + urlencode({name: value for name, value in query.items() if value})


def _asked(given: Mapping[str, str]) -> WhatIf:
    return WhatIf(
        _years(given["years"] or str(YEARS[1] - 2)), given["policy"] or None,
        tuple(line for line in given["options"].splitlines() if line.strip()), tuple(_presets(given)),
        given["limits"] or "current", given["appetite"] or None, given["more_limit"] or None,
    )  # fmt: skip


def _years(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        raise InputError("{text} is not a whole number.", text=text[:20])
    return int(text)


def _presets(given: Mapping[str, str]) -> list[str]:
    return [name if name == "quarterly" else f"{name}:{given[name]}" for name in PRESETS if given[name]]
