"""``seawall``, killed when the n-th named point is reached: ``command.py POINT N ARGUMENTS...``."""

import os
import signal
import sys

from seawall.cli import main
from seawall.store import points


def killing(point, nth):
    """The hook that dies there."""
    left = [nth]

    def reached(name):
        if name == point:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    return reached


if __name__ == "__main__":
    points.hook = killing(sys.argv[1], int(sys.argv[2]))
    sys.argv[:] = ["seawall", *sys.argv[3:]]
    main.main()
