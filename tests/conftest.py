"""What every test stands on: repeatable draws, no clocks, one thread per worker."""

from __future__ import annotations

import os
import signal

# Who starts the tests in the background of a script lets them ignore Ctrl-C, and every process that they start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
