"""hamon: monitoring for highly available OpenStack that tells split-brain and failover from noise."""

__version__ = "0.1.0"
