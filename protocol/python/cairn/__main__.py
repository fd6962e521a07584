"""The client as a command: joins, walks, prints what it sees."""
import argparse
import math
import sys
import time

from .client import Client, Closed
from .fields import entity_words
from .handshake import Refused
from .messages import RULES


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m cairn",
        description="Joins a Cairn server, walks in a circle and prints what is in view.",
        epilog="A token comes from `cairn token issue`; '-' reads it from standard input, so that "
               "no list of processes shows it.")
    parser.add_argument("address", help="the server's address and port, as in 127.0.0.1:7777")
    parser.add_argument("--token", default="-", help="a connect token (default: standard input)")
    parser.add_argument("--seconds", type=float, default=5, help="how long to stay (default: 5)")
    parser.add_argument("--speed", type=float, default=1.5, help="metres a second (default: 1.5)")
    parser.add_argument("--say", metavar="TEXT", help="say this on arrival")
    parser.add_argument("--cipher", choices=("any", "chacha20"), default="any",
                        help="what to offer the server (default: any)")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    token = sys.stdin.readline() if given.token == "-" else given.token
    try:
        with Client(given.address, token, ciphers=1 if given.cipher == "chacha20" else 3) as client:
            client.join()
            description = client.world.description
            print(f"{description.name}: {description.rules.hertz} ticks a second; "
                  f"you are {entity_words(client.entity)}")
            if given.say:
                client.say(given.say)
            end = time.monotonic() + given.seconds
            while (left := end - time.monotonic()) > 0:
                angle = left * 2 * math.pi / 8
                client.walk(given.speed * math.cos(angle), given.speed * math.sin(angle))
                client.run(min(left, 0.25))
            for member in client.world.entities():
                print(client.world.words(member.entity))
            for name, text in client.heard:
                print(f"{name} said: {text}")
            for answer in client.answers.values():
                if answer[0] == "refused":
                    print(f"refused ({RULES.get(answer[2], answer[2])}): {answer[3]}")
            print(f"{client.world.equal} pages as the server's digests say, "
                  f"{client.world.different} not; round trip {client.round_trip * 1e3:.1f} ms")
            return 0 if client.world.different == 0 else 1
    except (Closed, Refused, TimeoutError, OSError, ValueError) as error:
        print(f"cairn: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
