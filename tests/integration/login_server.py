#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files behind a login: login_server.py PORT DIRECTORY USER PASSWORD."""
import base64
import functools
import http.server
import sys

PORT, DIRECTORY = int(sys.argv[1]), sys.argv[2]
LOGIN = "basic " + base64.b64encode(f"{sys.argv[3]}:{sys.argv[4]}".encode()).decode()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        given = self.headers.get("Authorization", "")
        if given[:6].lower() + given[6:] == LOGIN:
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic realm=test")
        self.send_header("Content-Length", "0")
        self.end_headers()


handler = functools.partial(Handler, directory=DIRECTORY)
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), handler).serve_forever()
