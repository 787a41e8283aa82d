"""The power of the suite, measured: what it catches, what others catch, and whether what it says is right.

    python -m benchmarks.power [--only PART]… [--seeds 10] [--sample N] [--jobs 2]

Every part is a list of small tasks.  Their results are written one line each as they come, so that a run that was
stopped goes on where it was; results of another state of the source do not count.  When all parts are there the
figures are printed and written to ``docs/data/power.json``, from which the page is made.
"""
