import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.kernel.errors import UsageError
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("30/60/90/180/365", ("not_due", "1_30", "31_60", "61_90", "91_180", "181_365", "over_365")),
        ("0/30", ("not_due", "1_30", "over_30")),
        ("-1/0/30", ("due_in_1_or_more", "due_today", "1_30", "over_30")),
        ("-30/-7/30", ("due_in_30_or_more", "due_in_7_29", "due_in_0_6", "1_30", "over_30")),
    ],
)
def test_names_follow_the_edges(text, names):
    assert Scheme.parse(text).names == names


def test_the_default_is_the_products():
    assert Scheme.parse("30/60/90/180/365") == DEFAULT_SCHEME


@pytest.mark.parametrize("text", ["", "a", "30/30", "60/30", "30/", "99999", "1.5", "/".join(map(str, range(1, 62)))])
def test_what_is_no_scheme_is_refused(text):
    with pytest.raises(UsageError):
        Scheme.parse(text)


def test_ageing_counts_from_the_due_or_the_issue_day():
    assert Scheme.parse("30", "issue").by == "issue"
    with pytest.raises(UsageError, match="post"):
        Scheme.parse("30", "post")


@given(st.lists(st.integers(-400, 4000), min_size=1, max_size=20, unique=True), st.integers(-5000, 5000))
def test_every_day_is_in_exactly_one_bucket_and_its_name_says_so(edges, days):
    scheme = Scheme(tuple(sorted({0, *edges})))
    bucket = int(scheme.bucket(np.array([days]))[0])
    low, high = [-np.inf, *scheme.edges][bucket], [*scheme.edges, np.inf][bucket]
    assert low < days <= high
    assert len(set(scheme.names)) == len(scheme.names) == len(scheme.edges) + 1
