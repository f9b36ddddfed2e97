"""Many accounts at a glance: read in few calls, judged by fixed rules, the most urgent first."""

from __future__ import annotations
