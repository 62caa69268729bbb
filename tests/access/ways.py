"""Every way in, derived from the routers: pages by name and method, operations of the API by path and method."""

from django.urls import URLPattern, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def ways_in():
    """Names such as ``GET web:item``."""
    return {*pages(), *operations()}


def pages():
    for pattern in patterns(get_resolver().url_patterns):
        for method in methods_of(pattern.callback):
            yield f"{method} web:{pattern.name or pattern.pattern}"


def patterns(found):
    for each in found:
        if isinstance(each, URLPattern):
            yield each
        elif not each.namespace:  # the API's own list is asked below
            yield from patterns(each.url_patterns)


def methods_of(view):
    """What a view answers: our own pages say so, Django's class views have a method of that name."""
    if hasattr(view, "methods"):
        return [name for name in view.methods if name in METHODS]
    if hasattr(view, "view_class"):
        allowed = view.view_class.http_method_names
        return [name for name in METHODS if name.lower() in allowed and hasattr(view.view_class, name.lower())]
    return ["GET", "POST"]


def operations():
    from seawall.api.v1.operations import api

    for path, item in api.get_openapi_schema(path_prefix="")["paths"].items():
        for method in item:
            if method.upper() in METHODS:
                yield f"{method.upper()} api:{path}"
