#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web server of a directory: web_server.py PORT DIRECTORY LOG.

Knows ETag and If-None-Match, dates files by their mtime, and writes a line "METHOD PATH STATUS" for each
answer. /old/NAME redirects to /NAME, /private/NAME asks for the login "Bearer letmein",
/undated/NAME has no date.
"""
import email.utils
import hashlib
import http.server
import pathlib
import sys

PORT, DIRECTORY, LOG = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        with open(LOG, "a") as log:
            log.write(f"{self.command} {self.path} {status}\n")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith("/old/"):
            return self.answer(302, Location=path[4:])
        if path.startswith("/private/"):
            if self.headers.get("Authorization") != "Bearer letmein":
                return self.answer(403)
            path = path[8:]
        undated = path.startswith("/undated/")
        if undated:
            path = path[8:]
        file = DIRECTORY / path.lstrip("/")
        if not file.is_file():
            return self.answer(404)
        body = file.read_bytes()
        etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if self.headers.get("If-None-Match") == etag:
            return self.answer(304, ETag=etag)
        headers = {"ETag": etag}
        if not undated:
            headers["Last-Modified"] = email.utils.formatdate(file.stat().st_mtime, usegmt=True)
        self.answer(200, body, **headers)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
