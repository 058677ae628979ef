"""What tests share: a private engine, images made without a registry, a running daemon."""
