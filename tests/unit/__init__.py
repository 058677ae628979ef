"""Tests without an engine; folders mirror the rooms of src/edd."""
