"""What BitTorrent clients need in the lab.

    torrent.py make FILE ANNOUNCE_URL TORRENT       describe a file
    torrent.py track ADDRESS PORT                   tell those who ask of each other
    torrent.py share ADDRESS TORRENT FOLDER MARKER  libtorrent: get it, make the file MARKER, and go on sharing
"""

import hashlib
import http.server
import pathlib
import socket
import socketserver
import sys
import time
import urllib.parse

PIECE = 256 * 1024
PORT = 6881
# So that those who begin at once soon know of all others.
INTERVAL = 5


def bencode(value):
    """BEP 3."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    pairs = sorted(value.items())
    return b"d" + b"".join(bencode(key) + bencode(item) for key, item in pairs) + b"e"


def make(file, announce, torrent):
    data = pathlib.Path(file).read_bytes()
    pieces = b"".join(hashlib.sha1(data[at : at + PIECE]).digest() for at in range(0, len(data), PIECE))
    info = {"name": pathlib.Path(file).name, "length": len(data), "piece length": PIECE, "pieces": pieces}
    pathlib.Path(torrent).write_bytes(bencode({"announce": announce, "info": info}))


def track(address, port):
    peers = {}

    class Tracker(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, encoding="latin-1")
            asks = (self.client_address[0], int(query["port"][0]))
            peers[asks] = int(query["left"][0])
            print("announced", *asks, peers[asks], flush=True)
            others = [socket.inet_aton(host) + at.to_bytes(2, "big") for host, at in peers if (host, at) != asks]
            answer = bencode({"interval": INTERVAL, "min interval": INTERVAL, "peers": b"".join(others)})
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        # That of HTTPServer asks the name service for its own name, and there is none in the lab.
        server_bind = socketserver.TCPServer.server_bind

    Server((address, int(port)), Tracker).serve_forever()


def share(address, torrent, folder, marker):
    import libtorrent

    # TCP is the better of its two ways in these networks, and what it takes by itself where both are to be had.
    session = libtorrent.session(
        {
            "listen_interfaces": f"{address}:{PORT}",
            "enable_dht": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "enable_lsd": True,
            "enable_outgoing_utp": False,
            "enable_incoming_utp": False,
        }
    )
    handle = session.add_torrent({"ti": libtorrent.torrent_info(torrent), "save_path": folder})
    while not handle.status().is_seeding:
        time.sleep(0.02)
    pathlib.Path(marker).touch()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    {"make": make, "track": track, "share": share}[sys.argv[1]](*sys.argv[2:])
