"""What hosts are made of: namespaces or guests, the switches between them, their processes and management controllers."""
