"""The only room that writes below the state directory; what it returns from is on the disk."""
