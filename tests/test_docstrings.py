"""Every operation that people import tells the same things in the same order."""

from __future__ import annotations

import inspect
import re

import pytest

import cnnspec
from cnnspec.operations import OPERATIONS, spelled_names

SECTIONS = ("Parameters", "Returns", "Raises", "Notes", "References", "Examples")
CONVERSIONS = (
    "conv_integer",
    "qlinear_conv",
    "max_unpool",
    "max_unpool2d",
    "lp_pool_input_grad",
    "lp_pool2d_input_grad",
)
NAMES = [*dict.fromkeys([*spelled_names(), *(operation.name for operation in OPERATIONS)]), *CONVERSIONS]


def sections(text: str) -> list[str]:
    return re.findall(r"^(\w+)\n-+$", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_follows_the_template(name: str) -> None:
    text = inspect.getdoc(getattr(cnnspec, name)) or ""
    found = sections(text)
    assert set(SECTIONS) - {"Notes"} <= set(found)
    assert found == sorted(found, key=SECTIONS.index)
    assert "$$" in text.partition("Parameters\n")[0]
    assert re.search(r"Laws: [A-Z]+-\d+", text)
    assert ">>> " in text.partition("Examples\n")[2]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_definition_has_its_formula_its_laws_and_an_example(operation) -> None:
    text = inspect.getdoc(operation.definition) or ""
    assert "$$" in text
    assert re.search(r"Laws: [A-Z]+-\d+", text)
    assert ">>> " in text


def test_the_check_above_sees_a_missing_section() -> None:
    text = inspect.getdoc(cnnspec.conv2d) or ""
    assert "Raises" not in sections(text.replace("Raises\n------", "Errors:"))
