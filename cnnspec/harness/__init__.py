"""The harness: draws cases, runs the target on them in a worker, lets the laws judge, and explains what failed."""
