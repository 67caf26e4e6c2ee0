"""Interpreters of formulas that belong to no array library."""
