"""The commands, one in a file; each imports what it needs when it runs."""
