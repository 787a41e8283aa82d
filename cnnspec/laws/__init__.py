"""The laws: numbered, named statements that every correct implementation satisfies, each with its check."""
