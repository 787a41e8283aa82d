"""The versions that a report states, for a finding to be reproduced with."""

from __future__ import annotations

import platform
from importlib import metadata


def environment() -> dict[str, str]:
    """The versions of Python, of the packages that make cases and judge results, and the platform.

    Examples
    --------
    >>> list(environment())
    ['python', 'platform', 'cnnspec', 'numpy', 'hypothesis', 'ml_dtypes']
    """
    packages = ("cnnspec", "numpy", "hypothesis", "ml_dtypes")
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **{name: metadata.version(name) for name in packages},
    }
