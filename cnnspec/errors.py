"""Every exception that cnnspec raises, and the category each belongs to.

Errors are compared between implementations by *category*, never by text: an implementation that refuses a stride
of 0 with its own words conforms as well as one that uses ours.  The four categories of an invalid call are

- ``shape``: the extents of the arguments do not fit together;
- ``value``: an option has a value that the operation does not define;
- ``type``: an argument has a type or dtype that the operation does not take;
- ``unsupported``: the call is valid, and this implementation does not offer it.

Each message gives the rule, the values and the way out, and ends with the id of the law it follows where there
is one, for example ``stride must be >= 1 on every axis, got (2, 0) (SHAPE-1)``.
"""

from __future__ import annotations

from typing import ClassVar


class CnnspecError(Exception):
    """The base of every exception of this package."""

    category: ClassVar[str] = "error"


class ShapeError(CnnspecError, ValueError):
    """The extents of the arguments do not fit together, or leave no output."""

    category = "shape"


class ParameterError(CnnspecError, ValueError):
    """An option has a value that the operation does not define."""

    category = "value"


class DTypeError(CnnspecError, TypeError):
    """An argument has a type or dtype that the operation does not take."""

    category = "type"


class Unsupported(CnnspecError, NotImplementedError):
    """A valid call that this implementation does not offer.

    A target raises it (or the built-in ``NotImplementedError``) to narrow its claims while it runs; the harness
    then counts the call as *unclaimed*, never as passed.
    """

    category = "unsupported"


class CaseError(CnnspecError, ValueError):
    """A case's text form cannot be read, or names something that does not exist."""


class UsageError(CnnspecError, ValueError):
    """A command, option or configuration file asks for something that does not exist (exit code 2)."""


class TargetError(CnnspecError):
    """A target cannot be found, imported or started (exit code 3)."""


class NonConforming(CnnspecError, AssertionError):
    """Raised by :func:`cnnspec.check` when a target breaks a law; the message holds the findings."""
