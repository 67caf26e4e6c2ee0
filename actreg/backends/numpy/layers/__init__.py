"""The layers of NumPy networks, one family a file. Importing this package loads no array library."""
