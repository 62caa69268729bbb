"""What is kept is at hand while something else is made, and is made once."""

import threading

import pytest

from seawall.services.reading import Shelf

SOON = 5


class Made:
    """Something costly: it is being made until it is let go."""

    def __init__(self, value):
        self.value, self.begun, self.go, self.count = value, threading.Event(), threading.Event(), 0

    def __call__(self):
        self.count += 1
        self.begun.set()
        assert self.go.wait(SOON)
        return self.value


def in_a_thread(do):
    told = []
    thread = threading.Thread(target=lambda: told.append(do()))
    thread.start()
    return thread, told


def test_what_is_kept_does_not_wait_for_what_is_made():
    shelf, costly = Shelf(2), Made("report")
    shelf.get("ledger", lambda: "kept")
    making, made = in_a_thread(lambda: shelf.get("report", costly))
    assert costly.begun.wait(SOON)
    asking, asked = in_a_thread(lambda: shelf.get("ledger", lambda: "made again"))
    asking.join(SOON / 2)
    assert asked == ["kept"]
    costly.go.set()
    making.join()
    assert made == ["report"]


def test_what_two_ask_for_is_made_once():
    shelf, costly = Shelf(2), Made("report")
    both = [in_a_thread(lambda: shelf.get("report", costly)) for _ in range(2)]
    assert costly.begun.wait(SOON)
    costly.go.set()
    for thread, _told in both:
        thread.join()
    assert [told for _thread, told in both] == [["report"], ["report"]]
    assert costly.count == 1


def test_what_failed_is_made_again_and_none_is_kept_as_well():
    shelf = Shelf(2)
    with pytest.raises(ZeroDivisionError):
        shelf.get("report", lambda: 1 / 0)
    nothing = []
    assert shelf.get("report", lambda: nothing.append(1)) is None
    assert shelf.get("report", lambda: nothing.append(1)) is None
    assert nothing == [1]


def test_the_oldest_goes_where_there_is_no_room():
    shelf = Shelf(2)
    for name in "abac":
        shelf.get(name, lambda name=name: name)
    assert shelf.get("a", lambda: "again") == "a"
    assert shelf.get("b", lambda: "again") == "again"
