"""Which door answers which address."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from seawall.api.v1.operations import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("seawall.web.urls")),
]
handler400 = "seawall.web.errors.bad_request"
handler403 = "seawall.web.errors.forbidden"
handler404 = "seawall.web.errors.not_found"
handler500 = "seawall.web.errors.broken"
