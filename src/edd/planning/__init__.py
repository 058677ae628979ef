"""Decisions: pure functions over nouns. Nothing here waits, reads or writes."""
