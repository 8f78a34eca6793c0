"""A small certificate authority for NRPE: who may ask, and who answers."""
