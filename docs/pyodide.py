"""Fetch Python for browsers from npm, for the page "Run the real specification": ``python -m docs.pyodide``.

Of the package ``pyodide`` (Mozilla Public License 2.0) it takes the five files that run Python without any package,
about 13 megabytes, checks the archive against its known digest, and puts them where the theme takes them along.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

VERSION = "314.0.7"
DIGEST = "66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0"
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
PLACE = Path(__file__).parent / "theme" / "assets" / "pyodide"


def fetch(place: Path = PLACE) -> None:
    """Download the package, check it, and unpack what is needed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"pyodide@{VERSION}"], cwd=folder, check=True, stdout=sys.stderr)
        unpack(next(Path(folder).glob("*.tgz")), place)


def unpack(archive: Path, place: Path, digest: str = DIGEST) -> None:
    """Unpack an archive that has the digest.

    Raises
    ------
    ValueError
        If it has another.
    """
    found = sha256(archive.read_bytes()).hexdigest()
    if found != digest:
        raise ValueError(f"{archive.name} has the digest {found}, expected {digest}")
    place.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as package:
        for name in FILES:
            member = package.extractfile(f"package/{name}")
            if member is None:
                raise ValueError(f"{archive.name} has no {name}")
            (place / name).write_bytes(member.read())


if __name__ == "__main__":
    fetch()
