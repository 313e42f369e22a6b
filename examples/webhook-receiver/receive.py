#!/usr/bin/env python3
"""A receiver of byok's webhooks. It checks the signature and the age of each message, and prints each event once.

    python3 receive.py --secret-file hook.secret --port 8080
    byok watch --consumer receiver --webhook http://127.0.0.1:8080/ --webhook-secret-file hook.secret

It needs only the standard library. In production, put it behind a server that speaks https, and keep the ids that were seen
where they outlive this process: byok tells each event at least once.
"""

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import sys
import time

# A message that is older, or that is from the future, may be a copy that somebody sends again.
TOLERANCE = 300
LONGEST = 64 * 1024


def is_signed(secret: bytes, headers, body: bytes, now: float) -> bool:
    """Whether the body was signed with the secret, not long ago."""
    message, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not timestamp.isdecimal() or abs(now - int(timestamp)) > TOLERANCE:
        return False
    signed = b".".join([message.encode(), timestamp.encode(), body])
    wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    # While the secret is replaced, there is a signature for each of the two.
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one, "v1," + wanted) for one in given)


class Receiver(http.server.BaseHTTPRequestHandler):
    secret = b""
    seen = set()

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LONGEST:
            return self.answer(400)
        body = self.rfile.read(int(length))
        if not is_signed(self.secret, self.headers, body, time.time()):
            return self.answer(401)
        if self.headers["webhook-id"] not in self.seen:
            event = json.loads(body)
            print(json.dumps(event, sort_keys=True), flush=True)
            self.seen.add(self.headers["webhook-id"])
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--secret-file", required=True)
    arguments.add_argument("--port", type=int, default=8080)
    given = arguments.parse_args()
    with open(given.secret_file, encoding="ascii") as file:
        Receiver.secret = base64.b64decode(file.readline().strip().removeprefix("whsec_"), validate=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", given.port), Receiver)
    print(f"listening on port {server.server_address[1]}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
