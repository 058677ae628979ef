"""The only room that touches keys, certificates and TLS contexts."""
