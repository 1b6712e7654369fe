#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A registry that serves an OCI layout, and lies: damaged_registry.py PORT LAYOUT MODE, where MODE is
#   honest      everything as it is
#   flip        one byte of each layer changed, so that its digest is wrong
#   first       the first byte of each layer changed, so that it is no gzip any more
#   cut         layers end half-way, their announced length too
#   hang-up     layers end half-way though their whole length was announced
#   manifest    the manifest is not the one whose digest was asked for, though it says the same
import http.server
import json
import pathlib
import sys

port, layout, mode = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
manifest_digest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]


def blob(digest):
    return (layout / "blobs" / digest.replace(":", "/", 1)).read_bytes()


manifest = blob(manifest_digest)
media_type = json.loads(manifest)["mediaType"]
layer_digests = [layer["digest"] for layer in json.loads(manifest)["layers"]]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        last = self.path.split("?")[0].rsplit("/", 1)[-1]
        if "/manifests/" in self.path:
            body = manifest + b"\n" if mode == "manifest" else manifest
            return self.answer(body, len(body), media_type)
        if "/blobs/" not in self.path:
            return self.answer(b"{}", 2, "application/json")
        body = blob(last)
        length = len(body)
        if last in layer_digests and mode == "flip":
            body = body[:length // 2] + bytes([body[length // 2] ^ 1]) + body[length // 2 + 1:]
        elif last in layer_digests and mode == "first":
            body = bytes([body[0] ^ 1]) + body[1:]
        elif last in layer_digests and mode == "cut":
            body = body[:length // 2]
            length = len(body)
        elif last in layer_digests and mode == "hang-up":
            body = body[:length // 2]
        return self.answer(body, length, "application/octet-stream")

    do_HEAD = do_GET

    def answer(self, body, length, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if "/manifests/" in self.path:
            self.send_header("Docker-Content-Digest", manifest_digest)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
