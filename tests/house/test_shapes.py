"""Every shape of the API has a name of its own."""

from ninja import Schema


def test_every_shape_has_a_name_of_its_own():
    """Two of one name would be one in the description, and one of them described wrongly."""
    import seawall.api.v1.operations  # noqa: F401 - what is described is loaded

    names = [each.__name__ for each in descendants(Schema) if each.__module__.startswith("seawall.api")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert len(names) > 100


def descendants(kind):
    return {each for child in kind.__subclasses__() for each in (child, *descendants(child))}
