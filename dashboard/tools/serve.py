# SPDX-License-Identifier: Apache-2.0
"""Serves dashboard/dist on loopback under the policy it is meant for, and hands every other path to an orchestrator.

For looking at what was built. WebSockets and streams pass as they are: after the head of a request, bytes are only
copied.
"""

import mimetypes
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

DIST = Path(__file__).resolve().parent.parent / "dist"
PORT = 8090
BASE = "/app"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
          "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
# The proxy ends each connection after one exchange, so these would promise too much.
HOP = {"connection", "keep-alive", "proxy-connection"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream = ("127.0.0.1", 8080)

    def log_message(self, *_):
        pass

    def answer(self):
        path = urlsplit(self.path).path
        if path == "/":
            self.redirect(BASE + "/")
        elif path == "/new-task":
            self.redirect(BASE + "/new-task")
        elif path == BASE or path.startswith(BASE + "/"):
            self.file(path[len(BASE):].lstrip("/"))
        else:
            self.forward()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def redirect(self, place):
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def file(self, name):
        file = (DIST / name).resolve()
        is_asset = name.startswith("a/")
        if not is_asset:
            file = DIST / "index.html"
        if DIST not in file.parents or not file.is_file():
            self.send_error(404)
            return
        body = file.read_bytes()
        guess = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        kind = "text/javascript" if file.suffix == ".js" else guess
        zipped = file.with_name(file.name + ".gz")
        self.send_response(200)
        if zipped.exists() and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = zipped.read_bytes()
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", kind + ("; charset=utf-8" if kind.startswith("text/") else ""))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "public, max-age=31536000, immutable" if is_asset else "no-cache")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def forward(self):
        self.close_connection = True
        is_switch = self.headers.get("Upgrade") is not None
        try:
            there = socket.create_connection(self.upstream, timeout=10)
        except OSError:
            self.send_error(502, "The orchestrator is not there")
            return
        there.settimeout(None)
        with there:
            lines = [f"{self.command} {self.path} HTTP/1.1"]
            passed = [(name, value) for name, value in self.headers.items() if self.passes(name.lower(), is_switch)]
            lines += [f"{name}: {value}" for name, value in passed]
            lines += [] if is_switch else ["Connection: close"]
            there.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            length = int(self.headers.get("Content-Length") or 0)
            if length:
                there.sendall(self.rfile.read(length))
            if is_switch:
                threading.Thread(target=self.copy_up, args=(there,), daemon=True).start()
            try:
                self.relay(there)
            except OSError:
                pass

    def passes(self, header, is_switch):
        return is_switch or header not in HOP

    def relay(self, there):
        while piece := there.recv(65536):
            self.connection.sendall(piece)

    def copy_up(self, there):
        try:
            while piece := self.rfile.read1(65536):
                there.sendall(piece)
            there.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            # A connection that has ended is a file that is closed.
            pass


def main():
    if len(sys.argv) > 3:
        sys.exit("usage: serve.py [ORCHESTRATOR [PORT]]")
    if len(sys.argv) > 1:
        address = urlsplit(sys.argv[1])
        Handler.upstream = (address.hostname or "127.0.0.1", address.port or 80)
    if not (DIST / "index.html").is_file():
        sys.exit("error: nothing is built; run scripts/web build")
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else PORT), Handler)
    print(f"http://127.0.0.1:{server.server_port}{BASE}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
