"""Asking one way in as one person, and reading an answer for marks of what it must not show."""

import html
import io
import re
import zipfile
from urllib.parse import quote, unquote

from access.registry import FOREIGN, MISSING
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from seawall.services import sign_in
from seawall.services.access import actor_of
from seawall.store.models import User

CHANGING = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"|&quot;X-CSRFToken&quot;: &quot;\w+'
)


def asker(username):
    """A function that sends a case's request as this person, by a page's session or an API token."""
    user = User.objects.get(username=username)
    web = Client(HTTP_ACCEPT_LANGUAGE="en")
    web.force_login(user)
    api = web
    if actor_of(user).may("self.change"):
        secret = sign_in.make_token(actor_of(user), name="asks", days=1, at=timezone.now())
        api = Client(headers={"authorization": f"Bearer {secret}"})

    def ask(case, place, query, data=None):
        method, _, way = case.name.partition(" ")
        door, _, where = way.partition(":")
        if door == "web":
            path = reverse(where, kwargs=place) if place else reverse(where)
            return sent(web, method, path, query, data, follow=True)
        path = "/api/v1" + re.sub(r"{(?:\w+:)?(\w+)}", lambda found: quote(str(place[found[1]]), safe=""), where)
        how = {} if files_of(data) else {"content_type": "application/json"}
        return sent(api, method, path, query, data, **how)

    return ask


def files_of(data):
    """The files of a form, to be read from their beginning."""
    files = [value for value in data.values() if hasattr(value, "read")] if isinstance(data, dict) else []
    for each in files:
        each.seek(0)
    return files


def sent(client, method, path, query, data, **how):
    if method == "GET":
        return client.get(path, query)
    body = {"data": data} if data is not None else {"data": {}} if method != "DELETE" else {}
    return getattr(client, method.lower())(path, query_params=query, **body, **how)


def text_of(response):
    """All that an answer says, packed or not."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return content.decode("utf-8", "replace")


def without(text, asked):
    """An answer without what was asked (it may be echoed) and without what changes at every request."""
    text = CHANGING.sub("", text)
    for value in sorted({str(value) for value in asked if str(value)}, key=len, reverse=True):
        for form in {value, quote(value), quote(value, safe=""), html.escape(value), unquote(value)}:
            text = text.replace(form, "…")
    return text


def missing_query(query):
    """The same question about a name that nobody bears."""
    return {key: value.replace(FOREIGN, MISSING) for key, value in query.items()}
