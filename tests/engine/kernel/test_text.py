import pytest

from seawall.engine.kernel.text import is_keepable


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("", True),
        ("保单 é 😀\t\n", True),
        ("\ud7ff\ue000", True),
        ("a\x00", False),
        ("\ud800", False),
        ("half \udfff", False),
    ],
)
def test_what_can_be_kept(text, is_kept):
    assert is_keepable(text) is is_kept
