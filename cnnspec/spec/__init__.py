"""The definitions: what every operation means, loop by loop, on any number type."""
