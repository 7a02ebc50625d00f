"""The examples of docs/protocol.md, made anew: the document must hold each of them."""

import pathlib
import struct

from blake3 import blake3

import hash_tree
import wire
from identity import peer_id

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
# The public key of the first test in RFC 8032.
KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def examples():
    """What each example is about, and what the document has of it."""
    data = bytes(at % 251 for at in range(600_000))
    blob = wire.Blob(blake3(data).digest(), len(data))
    tree = hash_tree.Tree(data)
    yield "peer id", peer_id(KEY)
    yield "hello", wire.hello("mist/0.1.0", 64, True, "t.i.c").hex()
    yield "subscription", wire.subscribe(1, "drift", blob).hex()
    yield "suggestion", wire.on_channel(wire.SUGGEST, 1, 2).hex()
    yield "page", wire.frame(wire.HAVE_PAGE, struct.pack("<III", 1, 0, 2) + bytes.fromhex("0502")).hex()
    yield "request", wire.request("drift", blob, 2, 1, False).hex()
    yield "answer", wire.answer_head(wire.OK, 0, 1, len(data) - 2 * hash_tree.GROUP).hex()
    yield "root", tree.root.hex()
    for group, leaf in enumerate(tree.leaves):
        yield f"group {group}", leaf.hex()
    yield "inner node", hash_tree.parents([tree.leaves[0] + tree.leaves[1]])[0].hex()


def check():
    """How many examples there are; raises at the first that the document does not have."""
    words = set(DOCUMENT.read_text().replace("`", " ").replace("|", " ").split())
    found = list(examples())
    for about, text in found:
        if text not in words:
            raise AssertionError(f"{DOCUMENT} has another example of: {about}; it should be {text}")
    return len(found)
