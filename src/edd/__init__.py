"""ED: containers delivered to machines you own, without a registry."""
