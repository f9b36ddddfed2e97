"""Tools to build and check the project; not part of what is installed."""
