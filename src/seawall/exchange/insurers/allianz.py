"""Allianz Trade, from what its developer portal states and public client code shows; nobody tried it under a contract.

Stated by the portal: the token call by API key (an hour, not renewable), writes that answer with a ``jobId`` that is
asked after until it is processed, the ``webhook`` header, overdue categories OVD, EXP and RES. The paths of covers
and of the company search are those of public client code. An answer that is otherwise is set apart, never guessed at.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from seawall.engine.kernel.money import amount_text
from seawall.exchange.connectors import Field
from seawall.exchange.insurers.adapters import CA, URL, Adapter, Wire
from seawall.exchange.insurers.line import Line, Token, token_of
from seawall.exchange.insurers.messages import ChangeCover, Company, FindCompany, Notify, RequestCover, keepable, noop
from seawall.exchange.insurers.port import AnswerMalformed, Can, CannotSay, Incoming, Job, News, Taken, incoming
from seawall.exchange.insurers.unsaid import Unsaid, decimal_of

CATEGORIES: Final = {"overdue": "OVD", "extension": "EXP", "reschedule": "RES"}
CAN: Final = Can(frozenset({"find_company", "request_cover", "change_cover", "notify"}), has_covers=True)
PAGE: Final = 100
_STATUS: Final = {
    "approved": "approved", "accepted": "approved", "partiallyapproved": "partial", "refused": "refused",
    "rejected": "refused", "reduced": "reduced", "cancelled": "cancelled", "withdrawn": "cancelled",
    "expired": "expired", "pending": "referred", "inprogress": "referred",
}  # fmt: skip


class Allianz(Unsaid):
    """Allianz Trade behind the port."""

    can = CAN

    def __init__(self, line: Line, told: Any) -> None:
        self.line, self.told = line, told

    def probe(self) -> None:
        """See whether it lets us in."""
        self._covers(size=1)

    def find_company(self, asked: FindCompany) -> list[Company]:
        """The companies that match."""
        body: dict[str, Any] = {"companyName": asked.name, "countryCode": asked.country, "requestedSize": 10}
        if asked.registration_id:
            body["companyIdentifiers"] = [{"idTypeCode": self.told["id_type"], "idValue": asked.registration_id}]
        found = _table(self.line.ask("POST", "/search/v2/companies/matching", body=body))
        rows = found.get("companies", found.get("results"))
        if not isinstance(rows, list):
            raise AnswerMalformed("The insurer does not answer as expected.", raw=found)
        return [
            Company(str(each["companyId"]), str(each.get("companyName", "")), str(each.get("countryCode", "")))
            for each in rows
            if isinstance(each, dict) and each.get("companyId")
        ]

    def request_cover(self, asked: RequestCover, *, key: str) -> Taken:  # noqa: ARG002 - it knows no keys
        """Ask for a limit."""
        body = {
            "requestTypeCode": "Primary", "policy": self._policy(), "companyId": asked.company_ref,
            "creditLimitDetails": {
                "requestedAmount": amount_text(asked.amount_minor, asked.currency), "currencyCode": asked.currency,
            },
            "isRequestUrgent": asked.is_urgent,
        }  # fmt: skip
        return self._taken(self.line.ask("POST", "/riskinfo/v3/covers", body=body))

    def change_cover(self, asked: ChangeCover, *, key: str) -> Taken:  # noqa: ARG002
        """Supersede or cancel the cover of a company; the portal states PATCH and DELETE."""
        covers = [each for each in self._covers() if str(each.get("companyId")) == asked.company_ref]
        if not covers:
            raise CannotSay("There is no cover of this company to change.")
        path = f"/riskinfo/v3/covers/{quote(str(covers[0].get('coverId')), safe='')}"
        if asked.action == "cancel":
            return self._taken(self.line.ask("DELETE", path))
        if asked.action == "prolong":
            raise CannotSay("This insurer's interface has no way to say this.")
        amount = {"requestedAmount": amount_text(asked.amount_minor, asked.currency), "currencyCode": asked.currency}
        return self._taken(self.line.ask("PATCH", path, body={"creditLimitDetails": amount}))

    def notify(self, said: Notify, *, key: str) -> Taken:
        """Declare an overdue invoice, an extension or a repayment plan."""
        path = self.told.get("overdue_path", "")
        if not path.startswith("/"):
            raise CannotSay("This insurer's interface has no way to say this.")
        body: dict[str, Any] = {
            "overdueCategoryTypeCode": CATEGORIES[said.notice], "policy": self._policy(),
            "companyId": said.company_ref, "customerReference": key,
            "invoices": [{
                "invoiceNumber": said.item_number, "invoiceDate": said.issued_on.isoformat(),
                "dueDate": said.due_on.isoformat(), "amount": amount_text(said.amount_minor, said.currency),
                "currencyCode": said.currency,
            }],
        }  # fmt: skip
        if said.extended_to:
            body["newDueDate"] = said.extended_to.isoformat()
        if said.plan:
            body["instalments"] = [
                {"dueDate": each.due_on.isoformat(), "amount": amount_text(each.amount_minor, each.currency)}
                for each in said.plan
            ]
        return self._taken(self.line.ask("POST", path, body=body))

    def job_status(self, job_ref: str) -> Job:
        """What became of a message; the cover it names is read at once."""
        said = _table(self.line.ask("GET", f"/riskinfo/v3/jobs/{quote(job_ref, safe='')}"))
        status = str(said.get("jobStatusCode", "")).lower()
        if status in ("pending", "inprogress", "in_progress"):
            return Job("pending")
        if status in ("failed", "rejected", "error"):
            return Job("refused", keepable(str(said.get("errorMessage", said.get("reason", status)))[:500]))
        if status != "processed":
            raise AnswerMalformed("The insurer does not say what became of a message.", raw=said)
        cover_id = keepable(str(said.get("coverId") or ""))
        found = [self.line.ask("GET", f"/riskinfo/v3/covers/{quote(cover_id, safe='')}")] if cover_id else []
        return Job("processed", ref=cover_id, said=tuple(self._decision(each) for each in found))

    def read_covers(self, since: str) -> News:  # noqa: ARG002 - all of them each time
        """All covers under the policy."""
        return News(tuple(self._decision(each) for each in self._covers()))

    def _covers(self, *, size: int = PAGE) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, 1000):
            body = {"policies": [self._policy()], "pagination": {"page": page, "pageSize": size}}
            said = _table(self.line.ask("POST", "/riskinfo/v3/covers/search", body=body))
            rows = said.get("covers", said.get("results"))
            if not isinstance(rows, list):
                raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
            found += rows
            if len(rows) < PAGE:
                return found
        raise AnswerMalformed("The answers do not end.", raw="")

    def _decision(self, raw: Any) -> Incoming:
        return incoming("decision", raw, convert=lambda said: _decision_of(said, self.told["policy"]))

    def _policy(self) -> dict[str, str]:
        return {"businessUnitCode": self.told["business_unit"], "policyId": self.told["policy"]}

    def _taken(self, said: Any) -> Taken:
        job = _table(said).get("jobId")
        if not job:
            raise AnswerMalformed("The insurer does not say what to ask after.", raw=said)
        return Taken(keepable(str(job)))


def _decision_of(said: dict[str, Any], policy: str) -> dict[str, Any]:
    details = said["creditLimitDetails"]
    status = str(said["coverStatus"]).replace("_", "").replace(" ", "").lower()
    currency, on = details["currencyCode"], str(said["lastUpdateDate"])[:10]
    return {
        "decision_id": f"{said['coverId']} {said['lastUpdateDate']} {status}", "company_ref": str(said["companyId"]),
        "policy": policy, "kind": _STATUS.get(status, status),
        "amount": decimal_of(details["approvedAmount"], currency),
        "currency": currency, "decided_on": on, "effective_from": str(said.get("effectiveDate", on))[:10],
        "expires_on": str(said.get("expiryDate") or "")[:10], "sequence": int("".join(filter(str.isdigit, on))),
    }  # fmt: skip


def _table(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
    return said


def fetch(api_key: str) -> Any:
    """How a token is got: by the API key; an hour, asked for anew."""

    def get(line: Line) -> Token:
        return token_of(line, line.read(line.once("POST", "/v1/idp/oauth2/authorize", body={"apiKey": api_key})))

    return get


def _opened(wire: Wire) -> Allianz:
    return Allianz(wire.line(fetch(wire.secret)), wire.told)


ADAPTER: Final = Adapter(
    "allianz", "Allianz Trade",
    (URL, Field("business_unit", noop("Business unit code")),
     Field("id_type", noop("Code of the kind of registration")),
     Field("overdue_path", noop("Path of its overdue interface, as its portal shows it"), is_required=False), CA),
    CAN, _opened, noop("API key"), is_experimental=True,
    basis=noop("Written from its portal (token, jobs, overdue codes) and public client code (paths)."),
)  # fmt: skip
