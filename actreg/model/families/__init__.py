"""Layer kinds by family: options, what happens to the shape, what is learned, what it costs."""
