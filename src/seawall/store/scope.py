"""Entity scope: a query that was not told whose eyes it looks with raises instead of answering.

A scoped model's manager gives a queryset that cannot be read until ``.scoped(sees)`` was called.
``.every_entity()`` is the one way round, for the laws and for what belongs to the whole organisation;
a house test lists who uses it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, Protocol, Self, TypeVar

from django.db import models

from seawall.engine.kernel.errors import Broken


class _All(Enum):
    """Every entity of the organisation, also those that come later."""

    ALL = "all"


ALL: Final = _All.ALL
Entities = frozenset[str] | _All
"""Codes of the entities someone sees, or all of them."""


class Sees(Protocol):
    """Anyone with a scope, such as an actor."""

    @property
    def entities(self) -> Entities:
        """The entities it sees."""


_M = TypeVar("_M", bound=models.Model)


class Unscoped(Broken):
    """A selector forgot the scope: a bug, and nothing is shown."""

    code = "unscoped"


class ScopedQuerySet(models.QuerySet[_M]):
    """A queryset that must be scoped before it is read, counted or changed."""

    is_scoped = False

    def scoped(self, actor: Sees) -> Self:
        """Only what lies in the actor's entities."""
        found = self._opened()
        if actor.entities is ALL:
            return found
        return found.filter(self.model.in_entities(actor.entities))  # type: ignore[attr-defined]

    def every_entity(self) -> Self:
        """All rows, for work of the whole organisation."""
        return self._opened()

    def _opened(self) -> Self:
        found: Self = self._chain()  # type: ignore[attr-defined]
        found.is_scoped = True
        return found

    def _clone(self) -> Self:
        copy: Self = super()._clone()  # type: ignore[misc]
        copy.is_scoped = self.is_scoped
        return copy

    def _require_scope(self) -> None:
        if not self.is_scoped:
            raise Unscoped("A query on {table} has no scope.", table=self.model._meta.db_table)  # noqa: SLF001

    def _combinator_query(self, combinator: str, *others: Any, **kwargs: Any) -> Self:
        for other in (self, *others):
            other._require_scope()  # noqa: SLF001 - of this same class
        union: Self = super()._combinator_query(combinator, *others, **kwargs)  # type: ignore[misc]
        return union

    def __or__(self, other: Any) -> Self:
        self._require_scope()
        other._require_scope()
        return super().__or__(other)

    def __xor__(self, other: Any) -> Self:
        self._require_scope()
        other._require_scope()
        return super().__xor__(other)

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's, once scoped."""
        self._require_scope()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        """As Django's, once scoped."""
        self._require_scope()
        return super().count()

    def exists(self) -> bool:
        """As Django's, once scoped."""
        self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Django's, once scoped."""
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        """As Django's, once scoped."""
        self._require_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's, once scoped."""
        self._require_scope()
        return super().delete()


class ScopedModel(models.Model):
    """A row that belongs to one entity, named by ``entity_code_path``."""

    entity_code_path = "entity__code"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        """Abstract: each table has its own name."""

        abstract = True

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """The condition that a row lies in these entities."""
        return models.Q(**{f"{cls.entity_code_path}__in": codes})
