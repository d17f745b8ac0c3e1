"""The HTTP API, one resource a file.

Each file has one class that is given what it needs and tells its operations; `app.py` puts the
operations of all into one table, which serves requests and is what `/openapi.json` is made of.
"""
