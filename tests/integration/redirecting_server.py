#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Redirects "/to/HOST:PORT/ANY" to http://HOST:PORT/file and serves that: redirecting_server.py PORT LOG.

Listens at every address.
"""
import http.server
import socket
import sys

PORT, LOG = int(sys.argv[1]), sys.argv[2]


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(LOG, "a") as log:
            log.write(f"{self.headers.get('Host')} {self.path}\n")
        to = self.path.startswith("/to/")
        self.send_response(302 if to else 200)
        if to:
            self.send_header("Location", f"http://{self.path.split('/')[2]}/file")
        self.send_header("Content-Length", "0" if to else "5")
        self.end_headers()
        if not to:
            self.wfile.write(b"bytes")

    def log_message(self, *_):
        pass


Server(("::", PORT), Handler).serve_forever()
