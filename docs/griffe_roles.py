"""Turn a docstring's roles, such as ``:func:`~cnnspec.check```, into links where the page has such a target."""

from __future__ import annotations

import re

import griffe

ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`(?P<short>~?)(?P<target>[\w.]+)`")


def link(role: re.Match[str]) -> str:
    """Show the whole name, or its last part after a tilde; ``optional`` leaves it plain where nothing has that name."""
    target = role["target"]
    shown = target.rpartition(".")[2] if role["short"] else target
    return f'<autoref optional identifier="{target}"><code>{shown}</code></autoref>'


class Roles(griffe.Extension):
    """Loaded by mkdocs.yml."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: object) -> None:
        """Rewrite one object's docstring before it is parsed."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(link, obj.docstring.value)
