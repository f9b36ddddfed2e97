"""Runbooks: what to do when, written down for owner, guardians and heirs from what is really configured.

A document is made of what is known (`Known`), without asking anybody anything, and drawn as Markdown and as a PDF. No
secret is in it: `Known` does not hold any.
"""

from __future__ import annotations

from .dates import Earliest as Earliest
from .dates import earliest as earliest
from .guardian import guardian_runbook as guardian_runbook
from .heir import heir_runbook as heir_runbook
from .known import Known as Known
from .known import Shares as Shares
from .known import Stand as Stand
from .known import look as look
from .letter import heirs_letter as heirs_letter
from .markdown import markdown as markdown
from .model import Document as Document
from .owner import owner_runbook as owner_runbook
from .pdf import pdf as pdf

__all__ = [
    "Document",
    "Earliest",
    "Known",
    "Shares",
    "Stand",
    "earliest",
    "guardian_runbook",
    "heir_runbook",
    "heirs_letter",
    "look",
    "markdown",
    "owner_runbook",
    "pdf",
]
