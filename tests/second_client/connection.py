"""A connection of the swarm, by either end (docs/protocol.md, "Connection" to "Requests")."""

import asyncio
import contextlib
import socket
import ssl

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection

import wire
from identity import NotTheirs, proved_peer

ALPN = "mist/2"
AGENT = "second-client/1"
IDLE, KEEP_ALIVE = 10, 3
# How long a test waits on a busy machine, where the document gives an end 4 or 5 seconds.
PATIENCE = 30
AT_ONCE = 8
# QUIC's own code for a protocol that the layer above finds broken, or for a certificate that TLS would refuse.
CERTIFICATE_REFUSED = 0x100 + 42


class Closed(Exception):
    """The connection is closed, by this code of the other end's application; none is QUIC's or TLS's own end."""

    def __init__(self, code, reason):
        super().__init__(f"closed with {'code ' + str(code) if code is not None else reason or 'nothing said'}")
        self.code = code


class Reset(Exception):
    """The other end reset a stream, with this code."""

    def __init__(self, code):
        super().__init__(f"reset with code {code}")
        self.code = code


class Stream:
    """What came on a stream so far."""

    def __init__(self):
        self.data, self.ended, self.failed = bytearray(), False, None
        self.news = asyncio.Event()

    def tell(self, data=b"", ended=False, failed=None):
        self.data += data
        self.ended |= ended
        self.failed = self.failed or failed
        self.news.set()

    async def read(self, count=None):
        """So many bytes, or all until the end."""
        while len(self.data) < count if count is not None else not self.ended:
            if self.failed:
                raise self.failed
            if self.ended:
                raise wire.Broken("a stream ended too early")
            self.news.clear()
            await self.news.wait()
        taken = bytes(self.data[:count])
        del self.data[: len(taken)]
        return taken


def configuration(identity, client):
    return QuicConfiguration(
        is_client=client,
        alpn_protocols=[ALPN],
        idle_timeout=IDLE,
        server_name="mist" if client else None,
        verify_mode=ssl.CERT_NONE,
        certificate=identity.certificate,
        private_key=identity.certificate_key,
        max_data=4 * wire.LARGEST_PIECE,
        max_stream_data=2 * wire.LARGEST_PIECE,
    )


class Connection(QuicConnectionProtocol):
    """Streams and frames. `answer` is asked what to say to requests: bytes, or none to say nothing."""

    def __init__(self, quic, answer=None):
        super().__init__(quic)
        self.streams, self.frames = {}, asyncio.Queue()
        self.over = asyncio.get_running_loop().create_future()
        self.ready = asyncio.get_running_loop().create_future()
        self.peer = self.hello = self.closed_by = None
        self.answer = answer or (lambda *_: wire.answer_head(wire.STATUS_UNKNOWN))
        self.tasks = []

    # What QUIC tells.

    def quic_event_received(self, event):
        if isinstance(event, events.HandshakeCompleted):
            self._know_peer()
        elif isinstance(event, events.StreamDataReceived):
            new = event.stream_id not in self.streams
            self._stream(event.stream_id).tell(event.data, event.end_stream)
            if new and not self._opened_here(event.stream_id) and event.stream_id != 0:
                self._begin(self._serve(event.stream_id))
        elif isinstance(event, events.StreamReset):
            self._stream(event.stream_id).tell(failed=Reset(event.error_code))
        elif isinstance(event, events.ConnectionTerminated):
            # A frame type belongs to the errors of QUIC itself; what the application says has none.
            code = event.error_code if event.frame_type is None else None
            self.closed_by = Closed(code, event.reason_phrase)
            for stream in self.streams.values():
                stream.tell(failed=self.closed_by)
            if not self.ready.done():
                self.ready.set_exception(self.closed_by)
            if not self.over.done():
                self.over.set_result(self.closed_by)
            for task in self.tasks:
                task.cancel()

    def _know_peer(self):
        try:
            tls = self._quic.tls
            if tls._peer_certificate is None or tls._peer_certificate_chain:
                raise NotTheirs("not just one certificate")
            self.peer = proved_peer(tls._peer_certificate)
        except NotTheirs as error:
            self.close(CERTIFICATE_REFUSED, str(error))
            if not self.ready.done():
                self.ready.set_exception(error)
            return
        self._begin(self._keep_alive())
        if not self.ready.done():
            self.ready.set_result(None)

    def _begin(self, work):
        self.tasks.append(asyncio.ensure_future(work))

    def _stream(self, number):
        if number not in self.streams:
            self.streams[number] = Stream()
            if self.closed_by:
                self.streams[number].tell(failed=self.closed_by)
        return self.streams[number]

    def _opened_here(self, number):
        return number % 2 == (0 if self._quic.configuration.is_client else 1)

    async def _keep_alive(self):
        while True:
            await asyncio.sleep(KEEP_ALIVE)
            self._quic.send_ping(0)
            self.transmit()

    # What we say.

    def send(self, number, data, end=False):
        self._quic.send_stream_data(number, data, end)
        self.transmit()

    def say(self, frame):
        """Writes a frame on the control stream."""
        self._stream(0)
        self.send(0, frame)

    async def frame(self, most=wire.MAX_FRAME):
        """The next frame of the control stream as bytes without the length."""
        control = self._stream(0)
        length = int.from_bytes(await control.read(4), "little")
        if not 0 < length <= most:
            raise wire.Broken(f"a frame of {length} bytes")
        return await control.read(length)

    async def greet(self, ticket, seed=False):
        """As the dialer: says hello and waits for theirs."""
        self.say(wire.hello(AGENT, AT_ONCE, seed, ticket))
        await self._hear_hello()

    async def _hear_hello(self):
        data = await asyncio.wait_for(self.frame(wire.MAX_HELLO - 4), PATIENCE)
        kind, self.hello = wire.parse(data)
        if kind != wire.HELLO or self.hello["version"] != wire.VERSION:
            raise wire.Broken(f"{wire.NAMES[kind]} instead of a hello of version {wire.VERSION}")

    def listen(self):
        """From now on frames are read into `frames`."""
        self._begin(self._frames())

    async def _frames(self):
        try:
            while True:
                kind, fields = wire.parse(await self.frame())
                if kind == wire.HELLO:
                    raise wire.Broken("a second hello")
                self.frames.put_nowait((kind, fields))
        except wire.Broken as error:
            self.close(wire.PROTOCOL_BROKEN, str(error))
        except Closed:
            pass

    async def next_frame(self, within=PATIENCE):
        """The next frame that was heard; `Closed` if the connection ends before."""
        heard = asyncio.ensure_future(self.frames.get())
        await asyncio.wait({heard, self.over}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if heard.done():
            return heard.result()
        heard.cancel()
        if self.over.done():
            raise self.over.result()
        raise TimeoutError("no frame came")

    async def ask_raw(self, request, end=True):
        """Writes a request on a stream of its own and reads the answer to its end."""
        number = self._quic.get_next_available_stream_id()
        stream = self._stream(number)
        self.send(number, request, end)
        try:
            return await asyncio.wait_for(stream.read(), PATIENCE)
        finally:
            del self.streams[number]

    async def ask(self, scope, blob, first, groups, zstd=False):
        return wire.parse_answer(await self.ask_raw(wire.request(scope, blob, first, groups, zstd)))

    async def _serve(self, number):
        stream = self._stream(number)
        with contextlib.suppress(Closed, Reset):
            try:
                length = int.from_bytes(await stream.read(4), "little")
                if length > wire.MAX_REQUEST:
                    raise wire.Broken(f"a request of {length} bytes")
                data = length.to_bytes(4, "little") + await stream.read(length)
                if await stream.read():
                    raise wire.Broken("bytes behind a request")
                self.send(number, self.answer(*wire.parse_request(data)), end=True)
            except wire.Broken as error:
                self.close(wire.PROTOCOL_BROKEN, str(error))
        self.streams.pop(number, None)

    async def ended(self, within=PATIENCE):
        """How the connection ended."""
        return await asyncio.wait_for(asyncio.shield(self.over), within)


@contextlib.asynccontextmanager
async def dial(address, identity, peer, answer=None):
    """A connection to `peer` at `address` (host, port)."""
    loop = asyncio.get_running_loop()
    quic = QuicConnection(configuration=configuration(identity, client=True))
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    transport, connection = await loop.create_datagram_endpoint(lambda: Connection(quic, answer), family=family)
    connection.connect(address)
    try:
        await asyncio.wait_for(asyncio.shield(connection.ready), PATIENCE)
        if connection.peer != peer:
            connection.close(CERTIFICATE_REFUSED, "another peer id")
            raise NotTheirs(f"{connection.peer} instead of {peer}")
        yield connection
    finally:
        connection.close(wire.DONE)
        transport.close()
