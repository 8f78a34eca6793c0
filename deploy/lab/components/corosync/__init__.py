"""Corosync: membership and quorum."""
