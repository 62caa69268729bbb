"""Sessions as Django keeps them, but under a hash: who reads the table, or a copy of it, cannot come in by it."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

KEY_LETTERS = 40
"""As many has the column; 160 bits of a hash."""


def kept_as(session_key: str) -> str:
    """What a browser's key is found by."""
    return hashlib.sha256(b"seawall session\n" + session_key.encode()).hexdigest()[:KEY_LETTERS]


class SessionStore(db.SessionStore):
    """One session. The key itself is the browser's alone."""

    def _get_session_from_db(self) -> Any:
        key = kept_as(self.session_key or "")
        found = self.model.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        """Whether there is one of this key."""
        return bool(super().exists(kept_as(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row to keep it as."""
        made = super().create_model_instance(data)
        made.session_key = kept_as(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        """End one: this one, where none is named."""
        if key := session_key or self.session_key:
            super().delete(kept_as(key))
