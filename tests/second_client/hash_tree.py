"""BLAKE3 as the swarm uses it: chaining values of chunk groups, and the walk that verifies an answer (docs/protocol.md, "The hash tree").

Packages of BLAKE3 hash whole inputs only. A group in the middle of a blob needs a chaining value, so the compression stands here, over
many chunks at once: a big integer holds the same word of each of them, in lanes of 64 bits.
"""

from array import array

GROUP = 256 * 1024
MOST_GROUPS = 4
PAIR = 64
CHUNK = 1024
BLOCK = 64

CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
# The words that each of the eight mixings of a round works on: columns, then diagonals.
MIXED = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


class Unverified(Exception):
    """An answer does not belong to the blob."""


class Lanes:
    """Arithmetic on `count` words of 32 bits at once."""

    def __init__(self, count):
        self.count = count
        self.ones = int.from_bytes(b"\1\0\0\0\0\0\0\0" * count, "little")
        self.mask = self.ones * 0xFFFFFFFF

    def all(self, word):
        return self.ones * word

    def of(self, words):
        return int.from_bytes(array("Q", words).tobytes(), "little")

    def words(self, lanes):
        return array("Q", lanes.to_bytes(8 * self.count, "little"))

    def compress(self, chaining, message, counters, length, flags):
        """BLAKE3's compression, cut to the chaining value."""
        mask = self.mask
        state = list(chaining) + [self.all(word) for word in IV[:4]]
        state += [self.of(c & 0xFFFFFFFF for c in counters), self.of(c >> 32 for c in counters), self.all(length), self.all(flags)]
        message = list(message)
        for _ in range(7):
            for at, (ia, ib, ic, id_) in enumerate(MIXED):
                a, b, c, d = state[ia], state[ib], state[ic], state[id_]
                for word, (left, right) in ((message[2 * at], (16, 12)), (message[2 * at + 1], (8, 7))):
                    a = (a + b + word) & mask
                    d ^= a
                    d = ((d >> left) | (d << (32 - left))) & mask
                    c = (c + d) & mask
                    b ^= c
                    b = ((b >> right) | (b << (32 - right))) & mask
                state[ia], state[ib], state[ic], state[id_] = a, b, c, d
            message = [message[i] for i in PERMUTATION]
        return [state[i] ^ state[i + 8] for i in range(8)]

    def split(self, chaining):
        """The 32 bytes of each lane."""
        columns = [self.words(word) for word in chaining]
        return [b"".join(column[lane].to_bytes(4, "little") for column in columns) for lane in range(self.count)]


def _words(data):
    words = array("I", data)
    assert words.itemsize == 4
    if int.from_bytes(array("H", [1]).tobytes(), "little") != 1:
        words.byteswap()
    return words


def _chunks(data, first, root):
    """Chaining values of chunks that are all equally long."""
    lanes_of_chunk = max(1, -(-len(data) // CHUNK))
    lanes, length = Lanes(lanes_of_chunk), len(data) // lanes_of_chunk
    blocks = max(1, -(-length // BLOCK))
    counters = range(first, first + lanes.count)
    stride = blocks * BLOCK
    words = _words(data if length == stride else data.ljust(stride, b"\0"))
    chaining = [lanes.all(word) for word in IV]
    for block in range(blocks):
        message = [lanes.of(words[block * 16 + word :: stride // 4]) for word in range(16)]
        flags = (CHUNK_START if block == 0 else 0) | ((CHUNK_END | root) if block == blocks - 1 else 0)
        chaining = lanes.compress(chaining, message, counters, min(BLOCK, length - block * BLOCK), flags)
    return lanes.split(chaining)


def parents(pairs, root=0):
    """The hash of each pair of hashes."""
    lanes, words = Lanes(len(pairs)), _words(b"".join(pairs))
    message = [lanes.of(words[word::16]) for word in range(16)]
    return lanes.split(lanes.compress([lanes.all(word) for word in IV], message, [0] * len(pairs), BLOCK, PARENT | root))


def subtree(data, first_chunk=0, whole=False):
    """The hash of a subtree whose first chunk has this counter; `whole` says that it is all of a blob."""
    root = ROOT if whole else 0
    full = len(data) // CHUNK * CHUNK
    alone = root if len(data) <= CHUNK else 0
    hashes = _chunks(data[:full], first_chunk, alone) if full else []
    if full < len(data) or not data:
        hashes += _chunks(data[full:], first_chunk + full // CHUNK, alone)
    while len(hashes) > 1:
        pairs = [hashes[i] + hashes[i + 1] for i in range(0, len(hashes) - 1, 2)]
        odd = hashes[2 * len(pairs) :]
        hashes = parents(pairs, root if len(hashes) == 2 else 0) + odd
    return hashes[0]


def groups(size):
    return -(-size // GROUP)


def group_hash(data, group, size):
    return subtree(data, group * (GROUP // CHUNK), whole=groups(size) == 1)


def left_of(count):
    """How many of `count` > 1 groups are below the left half."""
    return 1 << ((count - 1).bit_length() - 1)


def verify(root, size, first, count, proof, payload):
    """Raises `Unverified` unless these are the groups `first` to `first + count` of the blob, and the proof is just theirs."""
    start, end = first * GROUP, min((first + count) * GROUP, size)
    if len(payload) != end - start:
        raise Unverified(f"{len(payload)} bytes where {end - start} were asked for")
    left = [proof[at : at + PAIR] for at in range(0, len(proof), PAIR)]
    left.reverse()

    def walk(at, below, expected, top):
        if at >= first + count or at + below <= first:
            return
        if below == 1:
            data = payload[at * GROUP - start : (at + 1) * GROUP - start]
            if group_hash(data, at, size) != expected:
                raise Unverified(f"group {at} is other bytes")
            return
        if not left:
            raise Unverified("a pair too few")
        pair = left.pop()
        if len(pair) != PAIR or parents([pair], ROOT if top else 0)[0] != expected:
            raise Unverified(f"the pair above group {at} is another")
        half = left_of(below)
        walk(at, half, pair[:32], False)
        walk(at + half, below - half, pair[32:], False)

    walk(0, groups(size), root, True)
    if left:
        raise Unverified("a pair too many")


class Tree:
    """The hash tree of bytes that are here."""

    def __init__(self, data):
        self.size = len(data)
        count = groups(self.size)
        self.leaves = [group_hash(data[at * GROUP : (at + 1) * GROUP], at, self.size) for at in range(count)]
        self.pairs = {}
        self.root = self._build(0, count)

    def _build(self, at, below):
        if below == 1:
            return self.leaves[at]
        half = left_of(below)
        pair = self._build(at, half) + self._build(at + half, below - half)
        self.pairs[at, below] = pair
        return parents([pair], ROOT if below == len(self.leaves) else 0)[0]

    def proof(self, first, count):
        """The pairs that go before these groups."""

        def walk(at, below):
            if below == 1 or at >= first + count or at + below <= first:
                return b""
            half = left_of(below)
            return self.pairs[at, below] + walk(at, half) + walk(at + half, below - half)

        return walk(0, len(self.leaves))

    def outboard(self):
        """All pairs in the order of the walk."""
        return self.proof(0, len(self.leaves))
