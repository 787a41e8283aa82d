"""Small images as pixels: what a filter does to a picture can be seen."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from docs.pictures.svg import Part, rect

if TYPE_CHECKING:
    from cnnspec.typing import Array

ABOVE, BELOW = (47, 128, 196), (214, 106, 40)
"""The colours of numbers above and below 0; how opaque they are tells how large."""


def image(plane: Array, *, pixel: float = 6, largest: float | None = None) -> Part:
    """A plane of numbers as an image: 0 is clear, the largest size is full colour."""
    values = np.asarray(plane, dtype=float)
    most = largest or np.abs(values).max() or 1.0
    rgba = np.empty((*values.shape, 4), np.uint8)
    rgba[..., :3] = np.where(values[..., None] >= 0, ABOVE, BELOW)
    rgba[..., 3] = np.rint(np.minimum(np.abs(values) / most, 1) * 255)
    height, width = (extent * pixel for extent in values.shape)
    data = base64.b64encode(png(rgba)).decode()
    shown = (
        f'<image class="pixels" width="{width:g}" height="{height:g}" preserveAspectRatio="none"'
        f' href="data:image/png;base64,{data}"/>'
    )
    return Part(shown + rect(0, 0, width, height, "frame"), width, height)


def png(rgba: Array) -> bytes:
    """The pixels as a PNG file."""
    height, width = rgba.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in rgba)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


LETTER = (
    "............",
    "............",
    "..#######...",
    "..#######...",
    "..##........",
    "..##........",
    "..#####.....",
    "..#####.....",
    "..##........",
    "..##........",
    "..##........",
    "............",
    "............",
    "............",
)
"""The letter F, which no flip, no turn and no transposition leaves as it is."""


def letter() -> Array:
    """The letter as a plane of zeros and ones, (14, 12)."""
    return np.array([[int(c == "#") for c in row] for row in LETTER])
