"""Pacemaker: resources, nodes and fencing of a cluster."""
