"""A client that publishes to a queue: `python publisher.py ADDRESS CREDENTIALS QUEUE COUNT MILLISECONDS`.

Each message is confirmed and must arrive in a queue; COUNT 0 goes on until this process is killed. MILLISECONDS is the pause
between two.
"""

import sys
import time

import pika

from hamon.credentials import credentials


def main(address: str, file: str, queue: str, count: int, pause: float) -> None:
    """Publish; pika's exceptions when the broker refuses, is not there, or has no such queue."""
    account = credentials(file)
    login = pika.PlainCredentials(account.user, account.password)
    with pika.BlockingConnection(pika.ConnectionParameters(address, credentials=login)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        sent = 0
        while not count or sent < count:
            channel.basic_publish("", queue, b"hello", mandatory=True)
            sent += 1
            time.sleep(pause)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]) / 1000)
