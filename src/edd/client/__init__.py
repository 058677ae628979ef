"""A host seen from a workstation: typed calls, uploads, and failures that name their cause."""
