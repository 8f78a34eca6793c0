"""DRBD: a pair of nodes with the same disk."""
