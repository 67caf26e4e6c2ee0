"""Backends that come with the package."""
