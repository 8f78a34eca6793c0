"""HAProxy in front of Galera, RabbitMQ and the APIs."""
