"""The version that runs."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("boss-workflow")
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0"
