#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Redirects "/to/HOST:PORT/REST" to http://HOST:PORT/REST: redirecting_server.py PORT LOG ROOT.

Serves "/file" and the repositories below ROOT, and listens at every address. LOG has a line for each request:
the address that was asked, the path, and "login" if there was one. A request below "/turn/" first makes
ROOT/hosts.next the hosts file: the name stands for another address at the next look-up.
"""
import http.server
import os
import pathlib
import socket
import subprocess
import sys

PORT, LOG, ROOT = int(sys.argv[1]), sys.argv[2], sys.argv[3]


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        address = self.connection.getsockname()[0].removeprefix("::ffff:")
        login = " login" if "Authorization" in self.headers else ""
        with open(LOG, "a") as log:
            log.write(f"{address} {self.path}{login}\n")
        if self.path.startswith("/turn/"):
            pathlib.Path("/etc/hosts").write_text(pathlib.Path(ROOT, "hosts.next").read_text())
        if self.path.startswith("/to/"):
            self.answer(302, [("Location", "http://" + self.path.removeprefix("/to/"))], b"")
        elif self.path.startswith("/file"):
            self.answer(200, [], b"bytes")
        else:
            self.ask_git()

    do_POST = do_GET

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers + [("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def ask_git(self):
        """By the rules of CGI (RFC 3875)."""
        path, _, query = self.path.removeprefix("/turn").partition("?")
        variables = {
            "GIT_PROJECT_ROOT": ROOT, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
            "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run(["git", "http-backend"], input=body, env={**os.environ, **variables},
                              stdout=subprocess.PIPE, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if line]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        self.answer(int(status.split()[0]), [one for one in headers if one[0] != "Status"], body)

    def log_message(self, *_):
        pass


Server(("::", PORT), Handler).serve_forever()
