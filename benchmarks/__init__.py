"""Measurements: what certificates cost, what tolerances let through, whether the bounds are sound."""
