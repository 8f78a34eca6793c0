"""HAProxy: the load balancers in front of APIs and databases."""
