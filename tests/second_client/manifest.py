"""The signed envelope of a build, and its archive (docs/formats.md)."""

import io
import tarfile
from dataclasses import dataclass

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric import ed25519

import wire

ENVELOPE = b"MISTSIG1"
SIGNED = b"mist manifest v1\0"
VERSIONS = (b"MISTMAN1", b"MISTMAN2")
# A reader of its own tests needs no more; what a manifest may really hold is in the document.
MOST_TEXT, MOST_ENTRIES = 4096, 10_000


@dataclass(frozen=True)
class File:
    path: str
    size: int
    executable: bool
    hash: bytes


@dataclass(frozen=True)
class Manifest:
    id: bytes
    game: str
    version: str
    archive: wire.Blob
    files: list


def opened(envelope, release_key):
    """The manifest in an envelope that this key signed."""
    if envelope[:8] != ENVELOPE or envelope[8:40] != release_key:
        raise wire.Broken("an envelope of another kind, or of another key")
    canonical = envelope[104:]
    own_id = blake3(canonical).digest()
    ed25519.Ed25519PublicKey.from_public_bytes(release_key).verify(envelope[40:104], SIGNED + own_id)
    return _parsed(canonical, own_id)


def _parsed(canonical, own_id):
    reader = wire.Reader(canonical)
    version = reader.take(8)
    if version not in VERSIONS:
        raise wire.Broken("a manifest of another version")
    game, label = reader.str(MOST_TEXT), reader.str(MOST_TEXT)
    reader.number("Q")
    if reader.flag():
        reader.take(32)
    reader.number("Q")
    archive = wire.Blob(reader.take(32), reader.number("Q"))
    files = []
    for _ in range(_count(reader)):
        path, size, flags = reader.str(MOST_TEXT), reader.number("Q"), reader.number("B")
        if flags > 1:
            raise wire.Broken("an unknown flag")
        files.append(File(path, size, flags == 1, reader.take(32)))
    for _ in range(_count(reader)):
        reader.str(MOST_TEXT)
    for _ in range(_count(reader) if version == VERSIONS[1] else 0):
        reader.str(MOST_TEXT), reader.str(MOST_TEXT)
    for _ in range(_count(reader)):
        reader.number("B"), reader.str(MOST_TEXT), reader.str(MOST_TEXT)
        for _ in range(_count(reader)):
            reader.str(MOST_TEXT)
        if reader.flag():
            reader.str(MOST_TEXT)
    reader.end()
    return Manifest(own_id, game, label, archive, files)


def _count(reader):
    count = reader.number("I")
    if count > MOST_ENTRIES:
        raise wire.Broken(f"{count} entries")
    return count


def files_of(archive):
    """What any reader of tar finds in an archive."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        entries = [entry for entry in tar.getmembers() if entry.isreg()]
        return [File(e.name, e.size, bool(e.mode & 0o100), blake3(tar.extractfile(e).read()).digest()) for e in entries]
