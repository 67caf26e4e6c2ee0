"""Training: data of a spec, batches, the loop, metrics. Small, and the same for every backend."""
