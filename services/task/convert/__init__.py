"""Wire and domain: the only package that knows both the protos and the model."""
