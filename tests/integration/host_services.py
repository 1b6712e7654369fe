#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# host_services.py READY: what steps may and may not reach on a host: a resolver and web servers on its
# loopback, one web server on its address 198.51.100.1, and an abstract socket. The resolver knows one
# answer, that address. The file READY is made when all listen.
import http.server
import socket
import socketserver
import sys
import threading

ADDRESS = "198.51.100.1"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        body = b"page of %s" % self.server.server_address[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    address_family = socket.AF_INET
    daemon_threads = True


class Server6(Server):
    address_family = socket.AF_INET6


def run(target, *args):
    threading.Thread(target=target, args=args, daemon=True).start()


def resolve(server):
    while True:
        query, client = server.recvfrom(4096)
        answer = query[:2] + b"\x81\x80" + query[4:6] + query[4:6] + b"\0\0\0\0" + query[12:]
        server.sendto(answer + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(ADDRESS), client)


def accept(server):
    while True:
        server.accept()


resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.1", 53))
run(resolve, resolver)
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(("127.0.0.1", 5300))
run(resolve, echo)
shim = socket.socket(socket.AF_UNIX)
shim.bind("\0cairn-test-shim")
shim.listen(8)
run(accept, shim)
for host, port in (("127.0.0.1", 8080), ("127.0.0.1", 53), (ADDRESS, 8081)):
    run(Server((host, port), Quiet).serve_forever)
run(Server6(("::1", 8080), Quiet).serve_forever)
open(sys.argv[1], "w").close()
threading.Event().wait()
