"""Measurements of what the contracts cost."""
