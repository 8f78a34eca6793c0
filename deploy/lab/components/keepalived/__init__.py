"""keepalived: VRRP for the virtual address."""
