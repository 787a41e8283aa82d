"""The page that runs the specification itself, with Python in the browser where the site has it."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from docs import pyodide
from docs.pages.browser import PYODIDE, ROOT, runner, sources
from tests.site.driving import FEW, pictures

Visit = Callable[..., Any]


def ran(page: Any, button: str, times: int) -> str:
    """Press a button and wait for what is printed."""
    page.locator(f"[data-do={button}]").click()
    page.wait_for_selector(f".cnn-printed[data-done='{times}']", timeout=60_000)
    return page.locator(".cnn-printed").inner_text()


def test_the_page_holds_the_modules_as_they_are() -> None:
    script = re.search(r'class="cnn-sources">(.*)</script>', runner("…"))
    assert script
    assert "</" not in script[1]
    assert json.loads(script[1]) == sources()
    assert sources()["cnnspec/geometry.py"] == (ROOT / "cnnspec" / "geometry.py").read_text(encoding="utf-8")


def test_the_real_specification_runs_in_the_page(visit: Visit) -> None:
    page = visit("lab/python/")
    if page.locator("[data-lab][data-bundled]").count() == 0:
        assert "python layer.py" in page.locator("[data-lab]").inner_text()
        pytest.skip("the site was built without Pyodide (python -m docs.pyodide)")
    assert ran(page, "run", 1) == "(1, 2, 3, 3)"
    page.locator("[data-preset=refusal]").click()
    assert "(SHAPE-3)" in ran(page, "run", 2)
    page.locator("textarea").fill("from cnnspec.geometry import Window\nprint(Window(2, 3).count(11))")
    assert ran(page, "run", 3) == "4"
    assert "2592 windows" in (told := ran(page, "compare", 4))
    assert told.endswith("0 differ.")
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.locator("textarea").input_value().endswith("count(11))")


def test_without_pyodide_the_element_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.pages.browser.PYODIDE", PYODIDE / "nowhere")
    assert "data-bundled" not in runner("…")


def test_an_archive_with_another_digest_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "pyodide.tgz"
    with tarfile.open(archive, "w:gz") as package:
        for name in pyodide.FILES:
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(name)
            package.addfile(member, BytesIO(name.encode()))
    with pytest.raises(ValueError, match="digest"):
        pyodide.unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    pyodide.unpack(archive, tmp_path / "out", sha256(archive.read_bytes()).hexdigest())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(pyodide.FILES)


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "lab/python/", "python", shots, FEW)
