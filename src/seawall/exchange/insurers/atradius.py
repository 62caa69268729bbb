"""Atradius, from what public client code shows: its handbooks need registration, and nobody tried it under a contract.

Shown there: the token by Basic authentication and an app key, buyers by country and number, covers asked for, changed
and read, 201 where it decided and 202 where it refers, amounts in thousands, and two decisions on one buyer with
ends and conditions of their own: our layers 1 and 2.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from seawall.engine.kernel.money import exponent
from seawall.exchange.connectors import Field
from seawall.exchange.insurers.adapters import CA, URL, Adapter, Wire
from seawall.exchange.insurers.line import Line, Token, token_of
from seawall.exchange.insurers.messages import ChangeCover, Company, FindCompany, RequestCover, noop
from seawall.exchange.insurers.port import AnswerMalformed, Can, CannotSay, Incoming, Job, News, Taken, incoming
from seawall.exchange.insurers.unsaid import Unsaid, decimal_of

CAN: Final = Can(frozenset({"find_company", "request_cover", "change_cover"}), has_covers=True)
COVERS: Final = "/credit-insurance/cover-management/v1/covers"
THOUSANDS: Final = 1000
_ASKED: Final = {"4": "credit-check"}
_LAYERS: Final = (("1", "firstAmtDecision"), ("2", "secondAmtDecision"))


class Atradius(Unsaid):
    """Atradius behind the port."""

    can = CAN

    def __init__(self, line: Line, told: Any) -> None:
        self.line, self.told = line, told

    def probe(self) -> None:
        """See whether it lets us in."""
        self._covers({})

    def find_company(self, asked: FindCompany) -> list[Company]:
        """The buyer of a registration; without one nothing is asked, for look-ups may be charged."""
        if not asked.registration_id:
            raise CannotSay("This insurer finds a company by its registration only.")
        query = {"country": asked.country, "uid": asked.registration_id, "uidType": self.told["id_type"]}
        found = self.line.ask("GET", "/credit-insurance/organisation-management/v1/buyers", query=query)
        rows = [each for each in _rows(found) if each.get("buyerId")]
        return [Company(str(each["buyerId"]), str(each.get("buyerName", "")), asked.country) for each in rows]

    def request_cover(self, asked: RequestCover, *, key: str) -> Taken:
        """Ask for a limit; amounts are rounded up to thousands, as it takes no others."""
        body = {
            **self._whose(), "buyerId": asked.company_ref, "coverType": _ASKED.get(asked.request_type, "credit-limit"),
            "creditLimitAmount": _thousands(asked.amount_minor, asked.currency), "currencyCode": asked.currency,
            "customerRefNumber": key,
        }  # fmt: skip
        self.line.ask("POST", COVERS, body=body)
        return self._taken(asked.company_ref)

    def change_cover(self, asked: ChangeCover, *, key: str) -> Taken:
        """Supersede, reduce or cancel."""
        if asked.action == "prolong":
            raise CannotSay("This insurer's interface has no way to say this.")
        body = {
            **self._whose(), "buyerId": asked.company_ref, "action": asked.action, "customerRefNumber": key,
            "creditLimitAmount": _thousands(asked.amount_minor, asked.currency), "currencyCode": asked.currency,
        }  # fmt: skip
        self.line.ask("PUT", COVERS, body=body)
        return self._taken(asked.company_ref)

    def job_status(self, job_ref: str) -> Job:
        """What was decided on a buyer since it was asked; referred is not decided yet, an older decision is none."""
        company_ref, _, since = job_ref.rpartition(" ")
        said: list[Incoming] = []
        for cover in self._covers({"buyerId": company_ref}):
            if cover.get("coverStatus") == "REFERRED":
                return Job("pending")
            if str(cover.get("decisionDate"))[:10] >= since:
                said += self._decisions(cover)
        return Job("processed", ref=company_ref, said=tuple(said)) if said else Job("pending")

    def _taken(self, company_ref: str) -> Taken:
        """There are no jobs: what to ask after is the buyer, from this day on."""
        return Taken(f"{company_ref} {self.line.now.date().isoformat()}")

    def read_covers(self, since: str) -> News:
        """The covers since a day."""
        found = self._covers({"fromDate": since} if since else {})
        return News(tuple(each for cover in found for each in self._decisions(cover)))

    def _covers(self, more: dict[str, str]) -> list[dict[str, Any]]:
        return _rows(self.line.ask("GET", COVERS, query={**self._whose(), **more}))

    def _decisions(self, cover: dict[str, Any]) -> list[Incoming]:
        """The layers of a cover; one without any is what its total says."""
        layers = [(layer, name) for layer, name in _LAYERS if cover.get(name)] or [("1", "totalDecision")]
        return [
            incoming("decision", {**cover, "_layer": layer, "_decision": name}, convert=self._decision_of)
            for layer, name in layers
        ]

    def _decision_of(self, said: dict[str, Any]) -> dict[str, Any]:
        decision, total = said[said["_decision"]], said["totalDecision"]
        currency = said["policyCurrencyCode"]
        amount = decimal_of(decision["decisionAmtInPolicyCurrency"], currency)
        asked, granted = said.get("creditLimitAmount"), total["decisionAmtInPolicyCurrency"]
        whole = asked is None or decimal_of(asked, currency) == decimal_of(granted, currency)
        kind = "refused" if not float(amount) else "approved" if whole else "partial"
        conditions = [str(each.get("conditionDescription", "")) for each in decision.get("decisionConditions") or ()]
        on = str(said["decisionDate"])[:10]
        return {
            "decision_id": f"{said['coverId']} {on} {said['_layer']} {amount}", "company_ref": str(said["buyerId"]),
            "policy": self.told["policy"], "kind": kind, "amount": amount, "currency": currency, "decided_on": on,
            "effective_from": on, "expires_on": str(decision.get("decisionExpiryDate") or "")[:10],
            "layer": said["_layer"], "conditions": "; ".join(filter(None, conditions)),
            "sequence": int(on.replace("-", "")),
        }  # fmt: skip

    def _whose(self) -> dict[str, str]:
        return {"customerId": self.told["customer_id"], "policyId": self.told["policy"]}


def _rows(said: Any) -> list[dict[str, Any]]:
    rows = said.get("data") if isinstance(said, dict) else None
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
    return rows


def _thousands(minor: int, currency: str) -> int:
    unit: int = 10 ** exponent(currency) * THOUSANDS
    return -(-minor // unit) * THOUSANDS


def fetch(client_id: str, secret: str, app_key: str) -> Any:
    """How a token is got: by Basic authentication and the app key."""
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()

    def get(line: Line) -> Token:
        headers = {"Authorization": f"Basic {basic}", "Atradius-App-Key": app_key}
        said = line.read(line.once("POST", "/authenticate/v2/tokens", headers=headers))
        return token_of(line, said.get("data") if isinstance(said, dict) else None)

    return get


def _opened(wire: Wire) -> Atradius:
    secret, _, app_key = wire.secret.partition(":")
    line = wire.line(fetch(wire.told["client_id"], secret, app_key), extra={"Atradius-App-Key": app_key})
    return Atradius(line, wire.told)


ADAPTER: Final = Adapter(
    "atradius", "Atradius",
    (URL, Field("client_id", noop("Client id")), Field("customer_id", noop("Customer id at the insurer")),
     Field("id_type", noop("Code of the kind of registration")), CA),
    CAN, _opened, noop("Client secret and app key, as secret:key"), is_experimental=True,
    basis=noop("Written from public client code; the insurer's own handbooks need registration."),
)  # fmt: skip
