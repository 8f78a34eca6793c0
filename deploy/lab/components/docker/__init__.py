"""A stand-in for a container engine: what kolla-ansible's services run in, and `docker exec` into them."""
