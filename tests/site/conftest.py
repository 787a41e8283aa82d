"""The built site, and a browser that accepts no error and no request to another host.

Where the environment variable ``CNNSPEC_SITE`` names the built site, as in CI, everything must be there; without it
the site is built into a temporary folder, and what is missing (a browser, Node.js, mkdocs) skips its tests.
``CNNSPEC_SHOTS`` names a folder for the screenshots.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parent.parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def missing(what: str) -> NoReturn:
    """Skip, or fail where nothing may be missing."""
    if "CNNSPEC_SITE" in os.environ:
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node.js."""
    return shutil.which("node") or missing("Node.js")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    if importlib.util.find_spec("playwright") is None:
        missing("playwright (pip install -e '.[site]')")
    return shutil.which("chromium") or shutil.which("chromium-browser") or missing("chromium")


@pytest.fixture(scope="session")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the site is served, English at the root and Chinese under ``zh``."""
    site = Path(os.environ["CNNSPEC_SITE"]) if "CNNSPEC_SITE" in os.environ else built(tmp_path_factory.mktemp("site"))
    handler = partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """A server that does not write down what it served."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def built(folder: Path) -> Path:
    """Both languages, built."""
    if importlib.util.find_spec("mkdocs") is None:
        missing("mkdocs (pip install -e '.[docs]')")
    for config, place in (("mkdocs.yml", folder), ("mkdocs.zh.yml", folder / "zh")):
        command = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(ROOT / config), "-d", str(place)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One browser for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Open]:
    """Open a page of the site, ready to use; at the end, no error and no request elsewhere may have happened."""
    trouble: list[str] = []
    contexts: list[Any] = []

    def open_(path: str, *, theme: str = "light", size: dict[str, int] = WIDE, calm: bool = False) -> Any:
        context = browser.new_context(
            color_scheme=theme,
            viewport=size,
            has_touch=size is PHONE,
            reduced_motion="reduce" if calm else "no-preference",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda said: trouble.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: leaves(request.url, address, trouble))
        page.goto(f"{address}/{path}")
        if page.query_selector("[data-lab]"):
            page.wait_for_selector("[data-lab][data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert trouble == []


def leaves(url: str, address: str, trouble: list[str]) -> None:
    """Note a request to another host."""
    if not url.startswith((address, "data:", "blob:")):
        trouble.append(f"request to {url}")


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for screenshots."""
    folder = Path(os.environ["CNNSPEC_SHOTS"]) if "CNNSPEC_SHOTS" in os.environ else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
