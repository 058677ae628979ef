"""What `edd init` lays down on a host: identity, configuration, service. It replaces nothing."""
