"""Nouns: frozen facts that every room shares. No I/O, no behaviour beyond their own rules."""
