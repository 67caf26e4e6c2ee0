"""The JAX backend of actreg. Importing this loads no JAX."""
