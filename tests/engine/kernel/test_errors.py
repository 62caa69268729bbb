import pytest

from seawall.engine.kernel import errors
from seawall.engine.kernel.errors import Conflict, FileRejected, IdempotencyMismatch, InputError, SeawallError, Where


def test_a_message_is_a_template_and_its_parameters():
    error = InputError("Unknown currency {currency}.", hint="Not {currency}.", currency="XYZ")
    assert (str(error), error.hint, error.template) == (
        "Unknown currency XYZ.",
        "Not XYZ.",
        "Unknown currency {currency}.",
    )
    assert error.params == {"currency": "XYZ"}


def test_without_parameters_braces_are_text():
    error = SeawallError("A {brace}.", hint="{too}")
    assert (error.message, error.hint) == ("A {brace}.", "{too}")


def test_codes_are_of_the_class_unless_said():
    assert (InputError("x").code, InputError("x", code="y").code) == ("bad_input", "y")
    assert Conflict("x").retryable
    assert not IdempotencyMismatch("x").retryable


def test_every_error_has_a_code_of_its_own():
    tree = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SeawallError)]
    assert len({error.code for error in tree}) == len(tree)


@pytest.mark.parametrize(
    ("where", "text"),
    [(Where(), ""), (Where("a.csv", 3, "amount"), "a.csv, row 3, amount"), (Where("a.csv", 0), "a.csv, row 0")],
)
def test_where(where, text):
    assert str(where) == text
    assert FileRejected("x", where=where).where == where
