#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry's front that breaks a share of the requests: faulty_proxy.py PORT UPSTREAM_PORT RATE."""
import http.client
import http.server
import random
import socket
import struct
import sys

PORT, UPSTREAM, RATE = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
chance = random.Random(7)
FAULTS = ["reset before", "close before", "reset after", "503", "500", "429", "half"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def hang_up(self, reset):
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", UPSTREAM)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        upstream.request(self.command, self.path, body=body or None, headers=headers)
        answer = upstream.getresponse()
        return answer, answer.read()

    def handle_any(self):
        fault = chance.choice(FAULTS) if chance.random() < RATE else ""
        if fault:
            print("FAULT", fault, self.command, self.path, flush=True)
        if fault.endswith("before"):
            return self.hang_up(fault.startswith("reset"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault.isdigit():
            self.send_response(int(fault))
            self.send_header("Content-Length", "0")
            return self.end_headers()
        answer, text = self.forward(body)
        if fault == "reset after":
            return self.hang_up(True)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        length = len(text) if self.command != "HEAD" else answer.getheader("Content-Length", "0")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if fault == "half":
            self.wfile.write(text[: len(text) // 2])
            return self.hang_up(False)
        self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
