"""Which door answers which address."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from seawall.api.v1.operations import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("seawall.web.urls")),
]
handler400 = "seawall.site.refusals.bad_request"
handler403 = "seawall.site.refusals.forbidden"
handler404 = "seawall.site.refusals.not_found"
handler500 = "seawall.site.refusals.broken"
