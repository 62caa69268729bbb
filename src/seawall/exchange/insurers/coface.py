"""Coface CofaServe, from partners' notes: services for companies, products (covers) and notifications.

Noted there: a password grant with an API key and the policy's number in headers, the identity token in
``Authorization``, companies by identifier, a decision read by its delivery id, lock-out after five failed log-ins. The
paths of orders and notifications stand nowhere in public: whoever has the handbook names them in the settings. Nobody
tried it under a contract.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from seawall.engine.kernel.money import amount_text
from seawall.exchange.connectors import Field
from seawall.exchange.insurers.adapters import CA, URL, Adapter, Wire
from seawall.exchange.insurers.line import Line, Token, token_of
from seawall.exchange.insurers.messages import Company, FindCompany, RequestCover, keepable, noop
from seawall.exchange.insurers.port import AnswerMalformed, Can, CannotSay, Incoming, Job, News, Taken, incoming
from seawall.exchange.insurers.unsaid import Unsaid, decimal_of

CAN: Final = Can(frozenset({"find_company", "request_cover"}))
_STATUS: Final = {"agreed": "approved", "approved": "approved", "partial": "partial", "refused": "refused",
                  "reduced": "reduced", "cancelled": "cancelled"}  # fmt: skip


class Coface(Unsaid):
    """Coface behind the port."""

    can = CAN

    def __init__(self, line: Line, told: Any) -> None:
        self.line, self.told = line, told

    def probe(self) -> None:
        """See whether it lets us in: the token alone is fetched, for questions may be charged."""
        self.line.keeper.keep(self.line.fetch(self.line))

    def find_company(self, asked: FindCompany) -> list[Company]:
        """The company of an identifier."""
        if not asked.registration_id:
            raise CannotSay("This insurer finds a company by its registration only.")
        query = {
            "countryCode": asked.country, "identifierType": self.told["id_type"],
            "identifierValue": asked.registration_id,
        }  # fmt: skip
        said = self.line.ask("GET", "/companies/identifier", query=query)
        rows = said if isinstance(said, list) else said.get("companies", [said]) if isinstance(said, dict) else None
        if rows is None:
            raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
        return [
            Company(str(each["easyNumber"]), str(each.get("name", "")), asked.country, asked.registration_id)
            for each in rows
            if isinstance(each, dict) and each.get("easyNumber")
        ]

    def request_cover(self, asked: RequestCover, *, key: str) -> Taken:
        """Order a limit; its delivery id is what to ask after."""
        body = {
            "easyNumber": asked.company_ref, "amount": amount_text(asked.amount_minor, asked.currency),
            "currency": asked.currency, "reference": key,
        }  # fmt: skip
        said = self.line.ask("POST", self._orders(), body=body)
        if not isinstance(said, dict) or not said.get("deliveryId"):
            raise AnswerMalformed("The insurer does not say what to ask after.", raw=said)
        return Taken(keepable(str(said["deliveryId"])))

    def job_status(self, job_ref: str) -> Job:
        """The decision of a delivery."""
        said = self.line.ask("GET", f"{self._orders()}/{quote(job_ref, safe='')}")
        if not isinstance(said, dict):
            raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
        if str(said.get("status", "")).lower() in ("pending", "inprogress", "referred"):
            return Job("pending")
        return Job("processed", ref=job_ref, said=(self._decision({**said, "deliveryId": job_ref}),))

    def read_covers(self, since: str) -> News:  # noqa: ARG002 - not offered
        """Not offered: decisions are read by their delivery."""
        return News()

    def _decision(self, raw: Any) -> Incoming:
        return incoming("decision", raw, convert=self._decision_of)

    def _decision_of(self, said: dict[str, Any]) -> dict[str, Any]:
        status, on = str(said["status"]).lower(), str(said["decisionDate"])[:10]
        return {
            "decision_id": f"{said['deliveryId']} {on} {status}", "company_ref": str(said["easyNumber"]),
            "policy": self.told["policy"], "kind": _STATUS.get(status, status),
            "amount": decimal_of(said["amount"], said["currency"]), "currency": said["currency"], "decided_on": on,
            "effective_from": str(said.get("effectiveDate", on))[:10],
            "expires_on": str(said.get("expiryDate") or "")[:10], "sequence": int(on.replace("-", "")),
        }  # fmt: skip

    def _orders(self) -> str:
        path = str(self.told.get("orders_path", ""))
        if not path.startswith("/"):
            raise CannotSay("This insurer's interface has no way to say this.")
        return path.rstrip("/")


def fetch(user: str, password: str) -> Any:
    """How a token is got: by user and password; the identity token is what lets us in."""

    def get(line: Line) -> Token:
        body = {"grant_type": "password", "username": user, "password": password}
        return token_of(line, line.read(line.once("POST", "/token", body=body, headers=line.extra)), name="idToken")

    return get


def _opened(wire: Wire) -> Coface:
    password, _, api_key = wire.secret.rpartition(":")
    extra = {"x-api-key": api_key, "X-COF-Policy-Number": wire.told["policy"]}
    return Coface(wire.line(fetch(wire.told["user"], password), extra=extra, bearer="{token}"), wire.told)


ADAPTER: Final = Adapter(
    "coface", "Coface (CofaServe)",
    (URL, Field("user", noop("User")), Field("id_type", noop("Code of the kind of registration")),
     Field("orders_path", noop("Path of its orders, as its handbook shows it"), is_required=False), CA),
    CAN, _opened, noop("Password and API key, as password:key"), is_experimental=True,
    basis=noop("Written from partners' notes; paths of orders stand in the insurer's handbook."),
)  # fmt: skip
