"""The page "Run the real specification": the modules themselves, handed to Python in the reader's browser."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MODULES = ("__init__", "errors", "geometry", "arguments", "shapes", "gradient_shapes")
"""What runs on the standard library alone."""

PYODIDE = ROOT / "docs" / "theme" / "assets" / "pyodide"
"""Python for browsers, where ``python -m docs.pyodide`` has put it; it is too large to be kept with the sources."""


def sources() -> dict[str, str]:
    """The text of every module, by its path."""
    paths = [Path("cnnspec") / f"{name}.py" for name in MODULES]
    return {path.as_posix(): (ROOT / path).read_text(encoding="utf-8") for path in paths}


def runner(fallback: str) -> str:
    """The lab's element; without Python for browsers it says how to run the code locally."""
    bundled = " data-bundled" if (PYODIDE / "pyodide.mjs").exists() else ""
    # "</" would end the script; in JSON a solidus may be escaped
    text = json.dumps(sources()).replace("</", "<\\/")
    script = f'<script type="application/json" class="cnn-sources">{text}</script>'
    return f'<div class="cnn-lab" data-lab="python"{bundled}><p>{fallback}</p></div>{script}'
