"""Social recovery for Ethereum accounts."""
