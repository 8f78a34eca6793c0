"""An active/passive service on DRBD: device, mount, address and process on one and the same node."""
