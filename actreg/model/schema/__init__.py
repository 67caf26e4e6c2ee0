"""The JSON Schema of specs, for editors: built from the tables that the reader itself uses."""
