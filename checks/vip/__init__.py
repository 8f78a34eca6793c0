"""Virtual addresses: who holds them, whoever moves them (keepalived, Pacemaker)."""
