"""Archives in every form that image tools write, and in forms that none should."""
