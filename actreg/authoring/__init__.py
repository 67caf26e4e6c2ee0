"""What the author of a plugin gets: a check of everything that would go wrong, and a new package to begin with.

Importing this package imports nothing else.
"""
