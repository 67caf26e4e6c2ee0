"""Activations and networks as ONNX files, checked in a runtime against our own reference before they are written."""
