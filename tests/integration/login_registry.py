#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that takes anything from those who log in: login_registry.py PORT USER PASSWORD.

Names each request with its user on stderr.
"""
import base64
import http.server
import sys

PORT, LOGIN = int(sys.argv[1]), f"{sys.argv[2]}:{sys.argv[3]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle_any(self):
        given = base64.b64decode(self.headers.get("Authorization", "")[6:]).decode()
        print(self.command, self.path, given, file=sys.stderr, flush=True)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if given != LOGIN:
            return self.answer(401, WWW_Authenticate='Basic realm="test"')
        if self.command == "POST":
            return self.answer(202, Location="/v2/up/1")
        if self.command == "PUT":
            return self.answer(201)
        return self.answer(404)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
