"""The entry for a web server."""

from __future__ import annotations

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "seawall.site.settings")

SWITCH_SECONDS = 0.0005
"""After so long a thread that computes lets another go on: one that asks the database often would wait each time."""

sys.setswitchinterval(SWITCH_SECONDS)
_django = get_wsgi_application()

from django.conf import settings  # noqa: E402 - once they are set up

from seawall.site.addresses import Forwarded  # noqa: E402
from seawall.site.bodies import Patient  # noqa: E402

_is_behind_proxy = bool(settings.SECURE_PROXY_SSL_HEADER)
application = Patient(Forwarded(_django) if _is_behind_proxy else _django, is_behind_proxy=_is_behind_proxy)
