"""The only room that speaks to Docker: over its socket, and through its command for `run` words."""
