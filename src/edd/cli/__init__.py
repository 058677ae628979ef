"""Click commands: parse, call the client, hand the result to `output`."""
