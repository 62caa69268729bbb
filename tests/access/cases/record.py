"""The ways in to the audit record: it is of the whole organisation, and asks for the right everywhere."""

from access.registry import plain

WHY = "asks for the right everywhere"
plain("GET web:audit", WHY, verb="audit.read")
plain("GET web:audit_entry", WHY, place={"batch_no": 1}, verb="audit.read")
plain("GET web:audit_chain", WHY, verb="audit.read")
plain("POST web:audit_chain", WHY, verb="audit.anchor")
plain("GET api:/audit", WHY, verb="audit.read")
plain("GET api:/audit/{batch_no}", WHY, place={"batch_no": 1}, verb="audit.read")
plain("POST api:/audit/anchor", WHY, verb="audit.anchor")
