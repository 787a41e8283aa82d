"""What every test stands on: repeatable draws, no clocks, one thread per worker."""

from __future__ import annotations

import os

# Before NumPy or a framework is imported: several workers with a thread pool each only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    deadline=None,  # a time limit makes a test depend on the machine
    derandomize=True,  # the same cases on every run
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
