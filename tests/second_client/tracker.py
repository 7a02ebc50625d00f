"""The calls of the tracker's API that a client of the swarm makes (docs/openapi.json)."""

import json
import os
import secrets
import urllib.error
import urllib.request

from cryptography.hazmat.primitives.asymmetric import ed25519

LEVEL = "2"
MOST = 8 * 1024 * 1024


class Refused(Exception):
    """The tracker refused a call."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status, self.code = status, problem.get("code")


class Tracker:
    """A tracker, and whoever is signed in there."""

    def __init__(self, url):
        self.url, self.token, self.session = url.rstrip("/"), None, secrets.token_hex(16)
        # What calls on the same machine go to stands behind no proxy.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path):
        """Bytes of the API, or of an address that an answer named."""
        return self._call("GET", path)

    def ask(self, method, path, body=None):
        data = self._call(method, "/api/v1" + path, body)
        return json.loads(data) if data else None

    def _call(self, method, path, body=None):
        headers = {"mist-api-level": LEVEL}
        if self.token:
            headers["authorization"] = "Bearer " + self.token
        data = None
        if body is not None:
            data, headers["content-type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with self.opener.open(request, timeout=30) as answer:
                read = answer.read(MOST + 1)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.loads(error.read(MOST))) from error
        if len(read) > MOST:
            raise Refused(200, {"code": "too_large", "detail": "an answer of more than 8 MiB"})
        return read

    def prove(self):
        """The tracker's key and the release key, once the tracker proved that it holds its own and is at this address."""
        trust, challenge = self.ask("GET", "/trust"), os.urandom(32)
        proof = self.ask("POST", "/trust/proof", {"challenge": challenge.hex(), "address": self.url})
        key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(trust["tracker_key"]))
        key.verify(bytes.fromhex(proof["signature"]), b"mist address proof 1 " + challenge + self.url.encode())
        return key, bytes.fromhex(trust["release_key"])

    def sign_in(self, user, password):
        session = self.ask("POST", "/auth/login", {"user": user, "password": password, "device": "second client"})
        self.token = session["access_token"]

    def bind(self, peer):
        self.ask("PUT", f"/devices/{peer}", {"name": "second client"})

    def ticket(self, peer, game):
        tickets = self.ask("POST", "/swarm/tickets", {"peer": peer})["tickets"]
        return next(t["token"] for t in tickets if t["game"] == game)

    def live_build(self, game):
        entry = next(e for e in self.ask("GET", "/catalogue")["games"] if e["game"]["slug"] == game)
        return next(build for build in entry["builds"] if build["live"])

    def sources(self, game, blob, peer):
        return self.ask("POST", "/swarm/sources", {"game": game, "blob": {"hash": blob.hash.hex(), "size": blob.size}, "peer": peer})

    def announce(self, peer, address, game, blob, leaving=False):
        holding = {"game": game, "blob": {"hash": blob.hash.hex(), "size": blob.size}, "pieces": blob.pieces, "complete": True}
        body = {"peer": peer, "session": self.session, "addresses": [address], "holdings": [holding], "leaving": leaving}
        return self.ask("POST", "/swarm/announce", body)
