"""What the author of a plugin implements: activations, backends, kernels, aliases."""
