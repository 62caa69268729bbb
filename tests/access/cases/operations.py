"""Background jobs, backups and the state of the system."""

from access.registry import by_id, lists, plain

MISSING_JOB = {"job_id": 999_999}


def others_job(_world):
    """A job the caller did not ask for."""
    from seawall.services import jobs
    from seawall.services.access import Actor

    return {"job_id": jobs.enqueue(Actor.system(), "run", {"on": "2026-03-30", "currency": "QZB"}, key="QZB")}


for _way in ("health_live", "health_ready", "metrics"):
    for _method in ("GET", "POST"):
        plain(
            f"{_method} web:{_way}",
            "figures of the system, none of an entity",
            **({} if _method == "GET" else {"verb": "read"}),
        )
lists("GET web:jobs")
plain("POST web:jobs", "asks for the right everywhere", verb="job.change", data={"kind": "run", "at": "02:00"})
by_id("GET web:job", others_job, MISSING_JOB)
by_id("POST web:job", others_job, MISSING_JOB, verb="read", data={"act": "cancel"})
plain("POST api:/runs", "answers with one's own job", verb="run.start", data={"on": "2026-03-30", "currency": "CNY"})
lists("GET api:/jobs")
by_id("GET api:/jobs/{job_id}", others_job, MISSING_JOB)
by_id("POST api:/jobs/{job_id}/retry", others_job, MISSING_JOB, verb="read")
by_id("POST api:/jobs/{job_id}/cancel", others_job, MISSING_JOB, verb="read")
plain("GET api:/backups", "the system's own backups")
plain("POST api:/backups", "answers with one's own job", verb="job.change")
plain("GET api:/schedule", "times of day")
plain("PUT api:/schedule/{kind}", "asks for the right everywhere", place={"kind": "check"}, verb="job.change",
      data={"is_on": True, "at": "02:00"})  # fmt: skip
plain("GET api:/seal", "the system's own key, by its id", verb="job.change")
plain("POST api:/seal/rotate", "answers with one's own job", verb="job.change")
