"""The gRPC face of the store: authenticate, convert, call, convert."""
