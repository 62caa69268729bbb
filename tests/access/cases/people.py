"""People, one's own account, and the door."""

from access.registry import lists, plain

SELF, PEOPLE = "self.change", "people.change"

for way in ("GET web:account", "GET web:account_app", "GET web:account_passkey", "GET web:roles"):
    plain(way, "one's own account, or the table of roles")
plain("POST web:account_app", "one's own second factor", verb=SELF, data={"code": "000000"})
plain("POST web:account_passkey", "one's own second factor", verb=SELF, data={"name": "key", "passkey": "{}"})
plain("POST web:account_codes", "one's own recovery codes", verb=SELF, data={"password": "x"})
plain("POST web:account_change", "one's own account", verb=SELF, data={"do": "end_others"})
plain("GET web:people", "asks for the right everywhere, and says so")
plain(
    "POST web:people",
    "rules of the whole organisation",
    verb="organisation.change",
    data={"idle_minutes": "60", "absolute_hours": "12"},
)
plain("POST web:providers", "of the whole organisation", verb="integration.change", data={"name": "P"})
plain("GET web:invite", "asks for the right everywhere", verb=PEOPLE)
plain("POST web:invite", "asks for the right everywhere", verb=PEOPLE, data={"username": "new-one"})
lists("GET web:person", place={"username": "bob"}, verb="audit.read", answer=(403,))
lists("POST web:person", place={"username": "bob"}, data={"do": "deactivate"}, verb=PEOPLE, answer=(403,))
for way in ("GET web:second_factor", "POST web:second_factor", "GET web:welcome", "POST web:welcome"):
    plain(way, "before anybody is in", place={"secret": "x"} if "welcome" in way else {})
plain("GET web:provider", "before anybody is in", place={"provider_id": 1})
plain("GET web:provider_back", "before anybody is in")

plain("GET api:/people", "asks for the right everywhere", verb="audit.read")
plain("POST api:/people", "asks for the right everywhere", verb=PEOPLE, data={"username": "new-one"})
plain("GET api:/roles", "the table of roles")
BOB = {"username": "bob"}
lists("GET api:/people/{username}", place=BOB, verb="audit.read", answer=(403,))
lists("PATCH api:/people/{username}", place=BOB, data={"name": "B"}, verb=PEOPLE, answer=(403,))
lists("POST api:/people/{username}/roles", place=BOB, data={"role": "viewer"}, verb=PEOPLE, answer=(403,))
lists("DELETE api:/people/{username}/roles", {"role": "viewer"}, place=BOB, verb=PEOPLE, answer=(403,))
for what in ("deactivate", "reactivate", "reset"):
    lists(f"POST api:/people/{{username}}/{what}", place=BOB, verb=PEOPLE, answer=(403,))
plain("GET api:/deputies", "one's own")
plain("POST api:/deputies", "one's own", verb=SELF,
      data={"deputy": "bob", "from_day": "2026-01-01", "to_day": "2026-01-02"})  # fmt: skip
plain("DELETE api:/deputies/{deputy_id}", "one's own", verb=SELF, place={"deputy_id": 999})
plain("GET api:/tokens", "one's own")
plain("POST api:/tokens", "one's own", verb=SELF, data={"name": "t"})
plain("DELETE api:/tokens/{token_id}", "one's own", verb=SELF, place={"token_id": 999})
plain("GET api:/sign-in/rules", "of the whole organisation")
plain("PUT api:/sign-in/rules", "of the whole organisation", verb="organisation.change",
      data={"second_factor_roles": [], "idle_minutes": 60, "absolute_hours": 12})  # fmt: skip
plain("GET api:/single-user", "of the whole organisation, as every page says it")
plain("PUT api:/single-user", "of the whole organisation", verb="organisation.change",
      data={"is_on": True, "reason": "QZ"})  # fmt: skip
plain("PUT api:/sign-in/providers", "of the whole organisation", verb="integration.change",
      data={"name": "P", "issuer": "https://id.example", "client_id": "c"})  # fmt: skip
plain("GET api:/sign-in/providers", "of the whole organisation", verb="integration.change")
plain("DELETE api:/sign-in/providers/{provider_id}", "of the whole organisation", verb="integration.change",
      place={"provider_id": 999})  # fmt: skip
