"""A node: it fetches a blob from a peer, verifies it, and answers for what it has (docs/protocol.md, "Swarm")."""

import asyncio
import base64
import contextlib
import json
import time

import zstandard
from aioquic.asyncio.server import QuicServer
from cryptography.exceptions import InvalidSignature

import hash_tree
import wire
from connection import AGENT, AT_ONCE, Closed, Connection, Reset, configuration


# Seconds that the clocks of two machines may be apart, and that a ticket may live.
SKEW, LIFE = 120, 86_400


class Tickets:
    """Which tickets are good: `key` is the tracker's."""

    def __init__(self, key):
        self.key = key

    def scope(self, ticket, peer):
        """The scope that a ticket opens for this peer; none if it is not good."""
        try:
            head, claims, signature = ticket.encode().split(b".")
            self.key.verify(_unpadded(signature), head + b"." + claims)
            head, claims = json.loads(_unpadded(head)), json.loads(_unpadded(claims))
            if head not in ({"typ": "JWT", "alg": "EdDSA"}, {"alg": "EdDSA"}) or claims["aud"] != "mist-peer":
                return None
            issued, ends, now = claims["iat"], claims["exp"], time.time()
            good = claims["peer"] == peer and issued <= now + SKEW and now < ends <= issued + LIFE
            return claims["game"] if good else None
        except (ValueError, KeyError, TypeError, InvalidSignature):
            return None


def _unpadded(data):
    return base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))


class Share:
    """A blob that is all here, for who may have it."""

    def __init__(self, scope, blob, data):
        self.scope, self.blob, self.data, self.tree = scope, blob, data, hash_tree.Tree(data)
        self.groups_sent = 0

    def answer(self, scope, blob, first, count, _zstd):
        if not 0 < count <= hash_tree.MOST_GROUPS or first + count > hash_tree.groups(blob.size):
            return b""
        if (scope, blob) != (self.scope, self.blob):
            return wire.answer_head(wire.STATUS_UNKNOWN)
        proof = self.tree.proof(first, count)
        payload = self.data[first * hash_tree.GROUP : (first + count) * hash_tree.GROUP]
        self.groups_sent += count
        return wire.answer_head(wire.OK, 0, len(proof) // hash_tree.PAIR, len(payload)) + proof + payload


def tell_about(connection, share, fields):
    """Answers a subscription."""
    has = share is not None and (fields["scope"], fields["blob"]) == (share.scope, share.blob)
    connection.say(wire.on_channel(wire.HAVE_ALL if has else wire.UNKNOWN, fields["channel"]))


class Fetch:
    """Fetches all of a blob from one peer."""

    CHANNEL = 1

    def __init__(self, connection, scope, blob):
        self.connection, self.scope, self.blob = connection, scope, blob
        self.there, self.suggested, self.pieces = set(), [], {}
        self.changed = asyncio.Event()

    async def run(self, within=120):
        self.connection.say(wire.subscribe(self.CHANNEL, self.scope, self.blob))
        work = [asyncio.ensure_future(self._listen())]
        work += [asyncio.ensure_future(self._take()) for _ in range(min(AT_ONCE, self.connection.hello["at_once"]))]
        try:
            done, _ = await asyncio.wait(work[1:], timeout=within, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
            if len(self.pieces) < self.blob.pieces:
                raise TimeoutError(f"{len(self.pieces)} of {self.blob.pieces} pieces came")
            self.connection.say(wire.on_channel(wire.UNSUBSCRIBE, self.CHANNEL))
        finally:
            for task in work:
                task.cancel()
        return b"".join(self.pieces[piece] for piece in range(self.blob.pieces))

    async def _listen(self):
        while True:
            kind, fields = await self.connection.next_frame(within=3600)
            if kind == wire.SUBSCRIBE:
                tell_about(self.connection, None, fields)
            elif fields.get("channel") == self.CHANNEL:
                self._hear(kind, fields)
                self.changed.set()

    def _hear(self, kind, fields):
        if kind == wire.UNKNOWN:
            self.there.clear()
        elif kind == wire.HAVE_ALL:
            self.there.update(range(self.blob.pieces))
        elif kind == wire.HAVE_PAGE:
            self.there |= wire.pieces_of_page(fields["page"], fields["bits"], self.blob.pieces)
        elif kind == wire.HAVE:
            self.there.add(fields["piece"])
        elif kind == wire.SUGGEST:
            self.suggested.append(fields["piece"])

    def _next(self):
        for piece in self.suggested + sorted(self.there):
            if piece in self.there and piece not in self.pieces:
                return piece
        return None

    async def _take(self):
        while len(self.pieces) < self.blob.pieces:
            piece = self._next()
            if piece is None:
                self.changed.clear()
                await self.changed.wait()
                continue
            self.pieces[piece] = None
            self.pieces[piece] = await self._piece(piece)
            self.changed.set()

    async def _piece(self, piece):
        whole = self.blob.piece // hash_tree.GROUP
        first = piece * whole
        count = min(whole, hash_tree.groups(self.blob.size) - first)
        status, codec, proof, payload = await self.connection.ask(self.scope, self.blob, first, count, zstd=True)
        if status != wire.OK:
            raise wire.Broken(f"status {status} for piece {piece}")
        if codec == 1:
            payload = zstandard.ZstdDecompressor().decompress(payload, max_output_size=wire.LARGEST_PIECE)
        hash_tree.verify(self.blob.hash, self.blob.size, first, count, proof, payload)
        return payload


class Accepted(Connection):
    """A connection that somebody else dialed."""

    def __init__(self, quic, tickets, share, own_ticket):
        super().__init__(quic, share.answer)
        self.tickets, self.share, self.own_ticket = tickets, share, own_ticket
        asyncio.ensure_future(self._welcome())

    async def _welcome(self):
        with contextlib.suppress(Closed, Reset, asyncio.TimeoutError):
            await self.ready
            try:
                await self._hear_hello()
            except wire.Broken as error:
                return self.close(wire.PROTOCOL_BROKEN, str(error))
            if self.tickets.scope(self.hello["ticket"], self.peer) != self.share.scope:
                return self.close(wire.REFUSED)
            self.say(wire.hello(AGENT, AT_ONCE, False, self.own_ticket))
            self.listen()
            while True:
                kind, fields = await self.next_frame(within=3600)
                if kind == wire.SUBSCRIBE:
                    tell_about(self, self.share, fields)


@contextlib.asynccontextmanager
async def listening(identity, tickets, share, own_ticket):
    """Answers for `share` at a port of this machine, which is handed out."""

    def accept(quic, stream_handler=None):
        initialize = quic._initialize

        def with_client_certificate(peer_cid):
            initialize(peer_cid)
            quic.tls._request_client_certificate = True

        quic._initialize = with_client_certificate
        return Accepted(quic, tickets, share, own_ticket)

    loop = asyncio.get_running_loop()
    server = QuicServer(configuration=configuration(identity, client=False), create_protocol=accept)
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        for connection in set(server._protocols.values()):
            connection.close(wire.LEAVING)
        await asyncio.sleep(0.1)
        server.close()
