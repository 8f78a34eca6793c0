"""Corosync: membership, quorum and links below Pacemaker."""
