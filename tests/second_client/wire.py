"""Frames, requests and answers of the swarm (docs/protocol.md, "Control stream" and "Requests")."""

import struct
from dataclasses import dataclass

VERSION = 1
MAX_FRAME = 64 * 1024
MAX_HELLO = 1024
MAX_REQUEST = 256
MAX_PAIRS = 128
GROUP = 256 * 1024
LARGEST_PIECE = 4 * GROUP
SMALL_BLOB = 512 * 1024 * 1024
PAGE_PIECES = 262_144

HELLO, TICKET, SUBSCRIBE, UNSUBSCRIBE, UNKNOWN, HAVE_ALL, HAVE_PAGE, HAVE, SUGGEST, BYE, COMING = range(1, 12)
NAMES = ["", "Hello", "Ticket", "Subscribe", "Unsubscribe", "Unknown", "HaveAll", "HavePage", "Have", "Suggest", "Bye", "Coming"]
OK, STATUS_UNKNOWN, NOT_HERE, BUSY = range(4)
DONE, REFUSED, PROTOCOL_BROKEN, BAD_DATA, DENIED, CODE_BUSY, LEAVING = range(7)


class Broken(Exception):
    """The other end does not keep to the protocol."""


@dataclass(frozen=True)
class Blob:
    hash: bytes
    size: int

    @property
    def pieces(self):
        return -(-self.size // self.piece)

    @property
    def piece(self):
        """Bytes of a piece."""
        return GROUP if self.size <= SMALL_BLOB else LARGEST_PIECE


class Reader:
    """Takes one value after the other, and refuses what is too short."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Broken(f"{count} bytes where {len(self.data) - self.at} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def flag(self):
        value = self.number("B")
        if value > 1:
            raise Broken(f"a bool of {value}")
        return value == 1

    def bytes(self, most):
        length = self.number("I")
        if length > most:
            raise Broken(f"{length} bytes where {most} are allowed")
        return self.take(length)

    def str(self, most):
        try:
            return self.bytes(most).decode()
        except UnicodeDecodeError as error:
            raise Broken(str(error)) from error

    def end(self):
        if self.at != len(self.data):
            raise Broken(f"{len(self.data) - self.at} bytes too many")


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def frame(kind, body=b""):
    return struct.pack("<IB", 1 + len(body), kind) + body


def hello(agent, at_once, seed, ticket):
    return frame(HELLO, struct.pack("<H", VERSION) + text(agent) + struct.pack("<H?", at_once, seed) + text(ticket))


def subscribe(channel, scope, blob):
    return frame(SUBSCRIBE, struct.pack("<I", channel) + text(scope) + blob.hash + struct.pack("<Q", blob.size))


def on_channel(kind, channel, piece=None):
    return frame(kind, struct.pack("<I", channel) + (b"" if piece is None else struct.pack("<Q", piece)))


def parse(data):
    """A frame without its length: its type and its fields."""
    reader = Reader(data)
    kind = reader.number("B")
    if kind == HELLO:
        version, agent = reader.number("H"), reader.str(64)
        fields = dict(version=version, agent=agent, at_once=reader.number("H"), seed=reader.flag(), ticket=reader.str(800))
    elif kind == TICKET:
        fields = dict(ticket=reader.str(800))
    elif kind == SUBSCRIBE:
        channel, scope = reader.number("I"), reader.str(64)
        fields = dict(channel=channel, scope=scope, blob=Blob(reader.take(32), reader.number("Q")))
    elif kind in (UNSUBSCRIBE, UNKNOWN, HAVE_ALL):
        fields = dict(channel=reader.number("I"))
    elif kind == HAVE_PAGE:
        fields = dict(channel=reader.number("I"), page=reader.number("I"), bits=reader.bytes(32 * 1024))
    elif kind in (HAVE, SUGGEST, COMING):
        fields = dict(channel=reader.number("I"), piece=reader.number("Q"))
    elif kind == BYE:
        fields = dict(code=reader.number("H"))
    else:
        raise Broken(f"a frame of type {kind}")
    reader.end()
    return kind, fields


def pieces_of_page(page, bits, pieces):
    """The pieces that a page of the bitmap says to be there."""
    first = page * PAGE_PIECES
    there = {first + 8 * at + bit for at, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1}
    if any(piece >= pieces for piece in there):
        raise Broken("a bit behind the last piece")
    return there


def request(scope, blob, first, groups, zstd):
    body = text(scope) + blob.hash + struct.pack("<QQB?", blob.size, first, groups, zstd)
    return struct.pack("<I", len(body)) + body


def parse_request(data):
    reader = Reader(data)
    if reader.number("I") != len(data) - 4:
        raise Broken("a request of another length")
    scope, blob = reader.str(64), Blob(reader.take(32), reader.number("Q"))
    first, groups, zstd = reader.number("Q"), reader.number("B"), reader.flag()
    reader.end()
    return scope, blob, first, groups, zstd


def answer_head(status, codec=0, pairs=0, length=0):
    return struct.pack("<BBHI", status, codec, pairs, length)


def parse_answer(data):
    """Status, codec, pairs and payload of a whole answer."""
    status, codec, pairs, length = struct.unpack("<BBHI", data[:8]) if len(data) >= 8 else (255, 0, 0, 0)
    if status > BUSY or codec > 1 or pairs > MAX_PAIRS or length > LARGEST_PIECE:
        raise Broken(f"the head of an answer: {data[:8].hex()}")
    if status != OK and (codec or pairs or length):
        raise Broken("an answer that is none, with more in it")
    if len(data) != 8 + 64 * pairs + length:
        raise Broken(f"an answer of {len(data)} bytes that says {8 + 64 * pairs + length}")
    return status, codec, data[8 : 8 + 64 * pairs], data[8 + 64 * pairs :]
