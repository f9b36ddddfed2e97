"""Backups of a secret before anything has to be recovered: shares of it, sealed for those who hold them.

    shares.py      SLIP-39: a secret becomes shares, enough shares the secret again. No files
    damage.py      where the words of a share went wrong
    forms.py       what is split: a seed phrase, a private key, the policy secret, any bytes
    share.py       the files: a share, and what the owner notes of a set
    gathering.py   shares as they come in, from files and as typed words
    proving.py     whether a holder still has a readable share
    spread.py      how many shares may be lost, and how many holders together have the secret
    sealed.py      shares that only their holders can read (age)
    placement.py   who holds what where, and how likely it is lost or stolen

Needs the extra `backup`, which is imported when it is used.
"""
