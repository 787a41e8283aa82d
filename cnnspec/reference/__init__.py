"""The reference: the fast twin of every definition, on NumPy arrays, for use in tests."""
