"""A simulated month: two people, two entities, every day's work, with kills and restores; it ends as an undisturbed one."""

import collections
import contextlib
import datetime as dt
import random
import shutil

import pytest
from cli.stores import environ, own_home, seawall
from crash import month
from crash.harness import KILLED, doing
from crash.test_whole_store import killed

from seawall.store import embedded
from seawall.store.home import DATABASE_NAME

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SEED = 20261127
RESTORED_EVERY = 7
SHARE_KILLED, SHARE_OF_DATABASE = 0.35, 0.1


class Company:
    """A store in a home of its own, its server held, and the process that works and dies in it."""

    def __init__(self, room, ways):
        self.room, self.ways, self.hit = room, ways, collections.Counter()
        self.home = ways.enter_context(own_home(room))
        assert seawall(self.home, "init", "--name", "Month", "--currency", "CNY").returncode == 0
        self.open()

    def open(self):
        self.lease = embedded.hold(self.home.cluster)
        self.at_work = doing(DATABASE_NAME, environ(self.home))
        self.do = self.at_work.__enter__()

    def close(self):
        self.at_work.__exit__(None, None, None)
        self.lease.release()

    def work(self, day, name, chance=None):
        """One step of a day, done again until it is done; with ``chance`` it may be killed, or the whole database."""
        task = {"do": "step", "step": name, "day": str(day), "folder": str(self.room)}
        if chance and chance.random() < SHARE_KILLED:
            is_database = chance.random() < SHARE_OF_DATABASE
            victim = {"victim": str(self.home.cluster / "data")} if is_database else {}
            ended = self.do(**task, **victim, after=chance.uniform(0, 0.5))
            self.hit[(ended["points"] or ["start"])[-1].partition(":")[0] if ended["ended"] else "ended before"] += 1
            assert ended["ended"] == 0 or is_database or ended["ended"] == KILLED, (day, name, ended)
            if is_database:
                self.lease.release()
                self.lease = embedded.hold(self.home.cluster)
        ended = self.do(**task)
        assert ended["ended"] == 0, (day, name, ended)

    def restored(self, folder):
        """Lose everything but the backups and the key; the restore is killed in the middle and given again."""
        self.close()
        folder.mkdir()
        lost, self.home = self.home, self.ways.enter_context(own_home(folder))
        self.home.path.mkdir(mode=0o700)
        shutil.copy2(lost.path / "seal_key", self.home.path / "seal_key")
        killed(self.home, "restore loaded", "restore", self.room / "backups")
        done = seawall(self.home, "restore", self.room / "backups")
        assert done.returncode == 0, done.stderr
        self.open()

    def end(self):
        """The report's bytes, once the store says that all is well."""
        place = self.room / "report.json"
        assert self.do(do="report", to=str(place))["ended"] == 0
        for words in (["check", "--as-of", str(month.SIGNED)], ["audit", "verify"]):
            said = seawall(self.home, *words)
            assert said.returncode == 0, (words, said.stdout, said.stderr)
        self.close()
        return place.read_bytes()


@pytest.mark.promise("R23")
def test_a_month_with_kills_and_restores_ends_as_an_undisturbed_one(tmp_path, count, promise):
    days = [month.FIRST + dt.timedelta(days=n) for n in range((month.LAST - month.FIRST).days + 1)]
    days = days[: count(1, len(days))]
    chance, restores, reports = random.Random(SEED), 0, []
    with contextlib.ExitStack() as ways:
        for is_disturbed in (False, True):
            room = tmp_path / ("disturbed" if is_disturbed else "undisturbed")
            room.mkdir()
            company = Company(room, ways)
            for number, day in enumerate(days):
                for name in month.STEPS:
                    company.work(day, name, chance if is_disturbed else None)
                if is_disturbed and number % count(1, RESTORED_EVERY) == count(0, 3) and number < len(days) - 1:
                    company.restored(room / f"home{number}")
                    restores += 1
            reports.append(company.end())
    assert reports[0] == reports[1]
    kills = sum(company.hit.values())
    said = ", ".join(f"{point} {times}" for point, times in company.hit.most_common())
    promise(
        f"{len(days)} days, {len(days) * len(month.STEPS)} steps, {kills} kills (seed {SEED}), {restores} restores: check"
        f" clean, record whole, the report's {len(reports[0])} bytes the same; last point reached: {said}"
    )
