"""HTTP in, nouns out: one route table, no business rules."""
