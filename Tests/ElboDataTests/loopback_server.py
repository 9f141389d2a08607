"""A web server on the loopback address that misbehaves as its address's first part says.

Usage: loopback_server.py FOLDER. Prints its port, writes one line a request to FOLDER/requests.log ("PATH RANGE
STATUS"), and ends when its standard input closes or after two minutes.

/good/      files of FOLDER, with ranges      /whole/     files, ranges ignored
/drop/      half of what is asked, then hangs up          /wrong/     other bytes of the same length
/shifted/   a part that was not asked for     /endless/   bytes without end
/stall/     half of the file at most, then silence    anything else: 404
"""
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = sys.argv[1]
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers=(), length=None):
        with LOCK, open(os.path.join(FOLDER, "requests.log"), "a") as log:
            log.write(f"{self.path} {self.headers.get('Range', '-')} {status}\n")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length is not False:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        try:
            self.serve()
        except ConnectionError:
            pass  # the client has enough of us

    def serve(self):
        mode, _, name = self.path.lstrip("/").partition("/")
        path = os.path.join(FOLDER, name)
        modes = ("good", "whole", "drop", "wrong", "shifted", "endless", "stall")
        if mode not in modes or ".." in name or not os.path.isfile(path):
            return self.answer(404, b"<html>no such file</html>")
        with open(path, "rb") as file:
            data = file.read()
        if mode == "wrong":
            data = bytes(byte ^ 0x55 for byte in data)
        size, start = len(data), 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and mode not in ("whole", "endless"):
            start = int(asked[6:].rstrip("-"))
        if start >= size:
            return self.answer(416, b"", [("Content-Range", f"bytes */{size}")])
        if mode == "shifted":
            return self.answer(206, data[7:], [("Content-Range", f"bytes 7-{size - 1}/{size}")])
        body = data[start:]
        ranged = [("Content-Range", f"bytes {start}-{size - 1}/{size}")] if start else []
        status = 206 if start else 200
        if mode == "drop":
            return self.answer(status, body[: max(len(body) // 2, 1)], ranged, length=len(body))
        if mode == "stall":
            self.answer(status, b"" if start else body[: len(body) // 2], ranged, length=len(body))
            return time.sleep(60)
        if mode == "endless":
            self.answer(200, data, length=False)
            for _ in range(1000):
                self.wfile.write(data)
            return
        self.answer(status, body, ranged)


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    threading.Timer(120, lambda: os._exit(0)).start()
    sys.stdin.read()
    os._exit(0)


main()
