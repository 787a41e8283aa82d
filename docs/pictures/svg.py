"""The few SVG elements that every picture is made of.

A picture has a title, which is its text equivalent, and takes its colours from classes that the site's style sheet
gives for the light and the dark theme.  What a colour says, a frame or a word says too.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

CHARACTER = 7.9
"""The width of a digit in a cell, in pixels."""


@dataclass(frozen=True)
class Part:
    """A piece of a picture: SVG text, and the room it takes."""

    body: str
    width: float
    height: float

    def at(self, x: float, y: float) -> str:
        """The piece, moved."""
        return f'<g transform="translate({x:g},{y:g})">{self.body}</g>'


def picture(part: Part, *, title: str) -> str:
    """A picture for a page, around one part; wide ones scroll on a narrow screen before they become unreadable."""
    width, height = part.width + 4, part.height + 4
    least = min(width, max(320, 0.62 * width))
    return (
        f'<div class="cnn-picture"><svg role="img" viewBox="-2 -2 {width:g} {height:g}" width="{width:g}"'
        f' height="{height:g}" style="min-width:{least:g}px"><title>{escape(title)}</title>{part.body}</svg></div>'
    )


def text(x: float, y: float, words: object, kind: str = "label", anchor: str = "middle") -> str:
    """Words, centred on ``x`` unless the anchor says otherwise."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(str(words))}</text>'


def rect(x: float, y: float, width: float, height: float, kind: str, *, round_by: float = 0) -> str:
    """A rectangle."""
    corner = f' rx="{round_by:g}"' if round_by else ""
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"{corner}/>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A line."""
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def circle(x: float, y: float, radius: float, kind: str) -> str:
    """A dot."""
    return f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'


def words(string: str, kind: str = "sign") -> Part:
    """A word or a sign between two parts."""
    width = len(string) * CHARACTER + 6
    return Part(text(width / 2, 14, string, kind), width, 20)


def beside(*parts: Part, gap: float = 14) -> Part:
    """Parts from left to right, centred on one height."""
    height = max(part.height for part in parts)
    body, x = "", 0.0
    for part in parts:
        body += part.at(x, (height - part.height) / 2)
        x += part.width + gap
    return Part(body, x - gap, height)


def below(*parts: Part, gap: float = 16) -> Part:
    """Parts from top to bottom, from one left edge."""
    body, y = "", 0.0
    for part in parts:
        body += part.at(0, y)
        y += part.height + gap
    return Part(body, max(part.width for part in parts), y - gap)


def named(name: str, part: Part) -> Part:
    """A part with its name above it."""
    width = max(part.width, len(name) * 7.2)
    return Part(text(width / 2, 13, name) + part.at((width - part.width) / 2, 22), width, part.height + 22)
