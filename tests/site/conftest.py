"""The built site, and a browser that accepts no error and no request to another host.

Where the environment variable ``CNNSPEC_SITE`` names the built site, as in CI, everything must be there; without it
the site is built into a temporary folder, and what is missing (a browser, Node.js, mkdocs) skips its tests.
"""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip, or fail where nothing may be missing."""
    if "CNNSPEC_SITE" in os.environ:
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node.js."""
    return shutil.which("node") or missing("Node.js")
