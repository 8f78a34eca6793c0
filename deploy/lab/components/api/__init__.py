"""STAND-INS for the OpenStack APIs behind HAProxy."""
