"""keepalived: the VRRP daemons that move virtual addresses."""
