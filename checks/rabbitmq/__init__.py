"""RabbitMQ: the message bus."""
