"""A package, so that its browser ends before other tests begin: they need the event loop."""
