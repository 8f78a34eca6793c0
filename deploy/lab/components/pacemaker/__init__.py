"""Pacemaker: resources and fencing."""
