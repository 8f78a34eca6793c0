"""DRBD: replicated block devices."""
