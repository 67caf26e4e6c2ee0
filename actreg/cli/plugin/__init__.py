"""``actreg plugin …``: what is installed and from where, a new plugin package, everything that is wrong with one."""
