"""What the protocol says that a peer does with those who break it, tried on a real one."""

import asyncio
import struct

import hash_tree
import wire
from connection import AGENT, PATIENCE, Closed, dial
from identity import Identity, NotTheirs


class Surprise(Exception):
    """The peer did something else than the document says."""


class Attacks:
    """`seed` is the address and the peer id of a peer that has all of `blob`; `tickets` are ours and another device's."""

    def __init__(self, seed, identity, ticket, other_ticket, scope, blob):
        self.address, self.peer = seed
        self.identity, self.ticket, self.other_ticket = identity, ticket, other_ticket
        self.scope, self.blob = scope, blob

    def dial(self, identity=None, peer=None):
        return dial(self.address, identity or self.identity, peer or self.peer)

    async def run(self):
        """Each case with its name; raises at the first surprise."""
        done = []
        for name, case in self.cases():
            try:
                await case
            except (Surprise, Closed, wire.Broken, TimeoutError, asyncio.TimeoutError) as error:
                raise Surprise(f"{name}: {error}") from error
            done.append(name)
        return done

    def cases(self):
        hello = lambda ticket, agent=AGENT: wire.hello(agent, 1, False, ticket)
        version_0 = bytearray(hello(self.ticket))
        version_0[5] = 0
        request = lambda first=0, groups=1, blob=self.blob, scope=self.scope: wire.request(scope, blob, first, groups, False)
        whole = request()
        last = hash_tree.groups(self.blob.size)
        spoiled = self.ticket[:-10] + ("A" if self.ticket[-10] != "A" else "B") + self.ticket[-9:]

        yield "another peer id is not talked to", self.another_peer()
        yield "a certificate without a proof ends the handshake", self.no_proof()
        yield "a ticket with another signature", self.first(hello(spoiled), wire.REFUSED)
        yield "the ticket of another device", self.first(hello(self.other_ticket), wire.REFUSED)
        yield "no ticket", self.first(hello(""), wire.REFUSED)
        yield "a hello of version 0", self.first(bytes(version_0), wire.REFUSED)
        yield "a subscription before the hello", self.first(wire.subscribe(1, self.scope, self.blob), wire.PROTOCOL_BROKEN)
        yield "a hello of 1,025 bytes", self.first(struct.pack("<I", 1021), wire.PROTOCOL_BROKEN)
        yield "an agent of 65 bytes", self.first(hello(self.ticket, "a" * 65), wire.PROTOCOL_BROKEN)
        yield "no hello at all", self.first(b"", wire.PROTOCOL_BROKEN)
        yield "a second hello", self.then(hello(self.ticket), wire.PROTOCOL_BROKEN)
        yield "a frame of no bytes", self.then(struct.pack("<I", 0), wire.PROTOCOL_BROKEN)
        yield "a frame of more than 64 KiB", self.then(struct.pack("<I", wire.MAX_FRAME + 1), wire.PROTOCOL_BROKEN)
        yield "a frame of an unknown type", self.then(wire.frame(77), wire.PROTOCOL_BROKEN)
        yield "a frame with a byte behind it", self.then(wire.frame(wire.UNSUBSCRIBE, bytes(5)), wire.PROTOCOL_BROKEN)
        yield "a channel twice", self.then(2 * wire.subscribe(1, self.scope, self.blob), wire.PROTOCOL_BROKEN)
        yield "1,025 subscriptions", self.then(self.subscriptions(1025), wire.PROTOCOL_BROKEN)
        yield "a subscription in another scope", self.unknown("another-game", self.blob)
        yield "a subscription to another size", self.unknown(self.scope, wire.Blob(self.blob.hash, self.blob.size + 1))
        yield "a blob that nobody has", self.asked(request(blob=wire.Blob(bytes(32), self.blob.size)), wire.STATUS_UNKNOWN)
        yield "a blob in another scope", self.asked(request(scope="another-game"), wire.STATUS_UNKNOWN)
        yield "no groups", self.asked(request(groups=0), None)
        yield "five groups", self.asked(request(groups=5), None)
        yield "a run past the end", self.asked(request(first=last), None)
        yield "a request of 257 bytes", self.asked(struct.pack("<I", 257) + bytes(257), None)
        yield "a request cut short", self.asked(whole[:-1], None)
        yield "a request with a byte too many inside", self.asked(struct.pack("<I", len(whole) - 3) + whole[4:] + b"\0", None)
        yield "answers that were changed do not verify", self.changed_answers()

    async def another_peer(self):
        try:
            async with self.dial(peer=Identity().peer):
                raise Surprise("it was talked to")
        except NotTheirs:
            pass

    async def no_proof(self):
        identity = Identity()
        identity.certificate = identity.certificate_for(proof=b"\0" * 64)
        await self.first(wire.hello(AGENT, 1, False, self.ticket), None, identity)

    async def first(self, data, code, identity=None):
        """Says this first, and is closed with this code; none is TLS's end."""
        try:
            async with self.dial(identity) as connection:
                connection.say(data)
                ended = await connection.ended()
        except Closed as error:
            ended = error
        if ended.code != code:
            raise Surprise(str(ended))

    async def then(self, data, code):
        """Says this after the hellos, and is closed with this code."""
        async with self.dial() as connection:
            await connection.greet(self.ticket)
            connection.say(data)
            ended = await connection.ended()
            if ended.code != code:
                raise Surprise(str(ended))

    def subscriptions(self, count):
        return b"".join(wire.subscribe(channel, "another-game", self.blob) for channel in range(count))

    async def unknown(self, scope, blob):
        async with self.dial() as connection:
            await connection.greet(self.ticket)
            connection.say(wire.subscribe(7, scope, blob))
            heard = wire.parse(await asyncio.wait_for(connection.frame(), PATIENCE))
            if heard != (wire.UNKNOWN, {"channel": 7}):
                raise Surprise(f"{heard}")

    async def asked(self, request, status):
        """Asks this, gets this status or no byte, and is answered as ever afterwards."""
        async with self.dial() as connection:
            await connection.greet(self.ticket)
            answer = await connection.ask_raw(request)
            wanted = b"" if status is None else wire.answer_head(status)
            if answer != wanted:
                raise Surprise(f"{answer[:8].hex() or 'nothing'} instead of {wanted.hex() or 'nothing'}")
            if (await connection.ask(self.scope, self.blob, 0, 1))[0] != wire.OK:
                raise Surprise("nothing is answered any more")

    async def changed_answers(self):
        """What our own walk does with bytes that somebody changed."""
        async with self.dial() as connection:
            await connection.greet(self.ticket)
            _, _, proof, payload = await connection.ask(self.scope, self.blob, 0, 2)
        flip = lambda data, at: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        changed = [(proof, flip(payload, at)) for at in (0, hash_tree.GROUP, len(payload) - 1)]
        changed += [(flip(proof, at), payload) for at in range(0, len(proof), 32)]
        changed += [(proof[:-64], payload), (proof + proof[-64:], payload), (proof, payload[:-1])]
        for other_proof, other_payload in changed:
            try:
                hash_tree.verify(self.blob.hash, self.blob.size, 0, 2, other_proof, other_payload)
            except hash_tree.Unverified:
                continue
            raise Surprise("a changed answer was taken")
