"""Frozen test vectors: cases with their inputs and exact results in one text file, for programs without Python."""
