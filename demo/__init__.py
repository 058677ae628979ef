"""The demonstration behind `make demo`: one host, one website, three deliveries."""
