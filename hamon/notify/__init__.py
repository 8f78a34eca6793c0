"""Notifications: what Nagios has to say about a host or a service, as a mail or as JSON for a webhook."""
