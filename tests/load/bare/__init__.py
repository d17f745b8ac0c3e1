"""The bare chain: HTTP, one unary gRPC call, one prepared statement, with the product's own messages and no features.

No authentication, validation, metrics, logs, retries, events or request ids: the floor to come near.
"""
