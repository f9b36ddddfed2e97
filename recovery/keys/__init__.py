"""The owner's keys: made from a seed phrase, kept in encrypted files, and used on a computer without a network."""
