"""A lazy value is worked out once, and nobody waits for another object's."""

import threading

from seawall.engine.kernel.lazy import cached_property

SOON = 5


class Figures:
    def __init__(self, go):
        self.go, self.begun, self.count = go, threading.Event(), 0

    @cached_property
    def total(self):
        """What it comes to."""
        self.begun.set()
        self.count += 1
        assert self.go.wait(SOON)
        return 42


def done():
    made = threading.Event()
    made.set()
    return made


def test_it_is_worked_out_once():
    figures = Figures(done())
    assert (figures.total, figures.total, figures.count) == (42, 42, 1)
    assert Figures.total.__doc__ == "What it comes to."


def test_an_object_does_not_wait_for_another():
    slow, quick = Figures(threading.Event()), Figures(done())
    working = threading.Thread(target=lambda: slow.total)
    working.start()
    assert slow.begun.wait(SOON)
    asked = []
    asking = threading.Thread(target=lambda: asked.append(quick.total))
    asking.start()
    asking.join(SOON / 2)
    slow.go.set()
    working.join()
    assert asked == [42]
