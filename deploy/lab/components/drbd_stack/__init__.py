"""What runs on the Primary of a DRBD pair: file system, virtual address, MariaDB."""
