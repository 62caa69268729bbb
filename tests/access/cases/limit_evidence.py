"""Self-set limits and their evidence: listed, of one customer, kept."""

from access.cases.insured import DAY, cover_of, owned_cover
from access.registry import FOREIGN, MINE, MISSING, by_id, lists, plain

KEEP = "insured_limit.record"
lists("GET web:limit_evidence", DAY, DAY | {"entity": FOREIGN}, DAY | {"export": "csv"}, place=owned_cover)
by_id("GET web:customer_evidence", cover_of(FOREIGN), cover_of(MISSING), query=DAY)
plain("POST web:limit_evidence", "asks for the right everywhere", verb=KEEP)
plain("POST web:customer_evidence", "asks for the right everywhere", verb=KEEP, place={"code": f"{MINE}-C1"})
lists("GET api:/limit-evidence", DAY, DAY | {"entity": FOREIGN}, place=owned_cover)
lists("GET api:/limit-evidence", DAY | {"customer": f"{FOREIGN}-C1"}, place=owned_cover, answer=(404,))
plain("POST api:/limit-evidence", "asks for the right everywhere", verb=KEEP, data={})
