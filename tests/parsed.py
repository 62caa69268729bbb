"""The product's source as syntax trees, each file parsed once for all tests that look at it; not to be changed."""

import ast
from functools import cache


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))
