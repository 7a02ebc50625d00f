"""A second client of Mist, written from docs/protocol.md alone, to hold the document to the programs.

    python tests/second_client URL USER GAME [--hostile] [--share]

It signs in (the password is in MIST_PASSWORD), fetches the archive of the live build from a seed, verifies each piece and the signed
manifest, and says what it found. With --hostile it then breaks the protocol in all ways that the document names; with --share it
announces what it has and answers for it, until it is interrupted.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal

from blake3 import blake3

import examples
import hash_tree
import hostile
import manifest
import wire
from connection import dial
from identity import Identity
from peer import Fetch, Share, Tickets, listening
from tracker import Tracker


def note(line):
    print(line, flush=True)


def check_hashing():
    """Our own BLAKE3 gives what the package gives."""
    some = random.Random(1).randbytes(2 * hash_tree.GROUP + 1)
    for size in (0, 1, 64, 65, 1024, 1025, 2048, 5000, hash_tree.GROUP, len(some)):
        assert hash_tree.subtree(some[:size], whole=True) == blake3(some[:size]).digest(), size
    assert hash_tree.Tree(some).root == blake3(some).digest()


def split(address):
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def check_build(tracker, release_key, game, build, archive):
    """The archive is what the release key signed, and any tar reader finds those files in it."""
    signed = manifest.opened(tracker.get(f"/api/v1/games/{game}/builds/{build['version']}/manifest"), release_key)
    assert (signed.game, signed.version) == (game, build["version"]), "a manifest of another build"
    assert signed.id.hex() == build["manifest_id"], "another manifest than the catalogue says"
    assert signed.archive == wire.Blob(blake3(archive).digest(), len(archive)), "another archive than was signed"
    assert manifest.files_of(archive) == signed.files, "other files than were signed"
    return signed


async def main(arguments):
    check_hashing()
    note(f"{examples.check()} examples are as in the document")
    tracker, identity, other = Tracker(arguments.url), Identity(), Identity()
    tracker_key, release_key = tracker.prove()
    tracker.sign_in(arguments.user, os.environ["MIST_PASSWORD"])
    tracker.bind(identity.peer)
    game, build = arguments.game, tracker.live_build(arguments.game)
    blob = wire.Blob(bytes.fromhex(build["archive"]["hash"]), build["archive"]["size"])
    sources = tracker.sources(game, blob, identity.peer)
    seed = next(peer for peer in sources["peers"] if peer["seed"] and peer["complete"])
    address = split(seed["addresses"][0])
    ticket, tickets = tracker.ticket(identity.peer, game), Tickets(tracker_key)
    async with dial(address, identity, seed["peer"]) as connection:
        await connection.greet(ticket)
        assert tickets.scope(connection.hello["ticket"], connection.peer) == game, "a seed without a good ticket"
        connection.listen()
        fetch = Fetch(connection, game, blob)
        archive = await fetch.run()
    note(f"verified {len(fetch.pieces)} of {blob.pieces} pieces")
    signed = check_build(tracker, release_key, game, build, archive)
    note(f"the archive is {game}@{signed.version} as it was signed, {len(signed.files)} files")
    outboards = [tracker.get(source["outboard"]) for source in sources["https"] if source["outboard"].startswith("/")]
    share = Share(game, blob, archive)
    assert all(outboard == share.tree.outboard() for outboard in outboards), "another outboard"
    note(f"{len(outboards)} outboards are the tree of the archive")
    if arguments.hostile:
        tracker.bind(other.peer)
        attacks = hostile.Attacks((address, seed["peer"]), identity, ticket, tracker.ticket(other.peer, game), game, blob)
        done = await attacks.run()
        note(f"{len(done)} ways to break the protocol end as documented")
    if arguments.share:
        await answer(tracker, identity, tickets, share, ticket)


async def answer(tracker, identity, tickets, share, ticket):
    """Answers for what is here, until an interrupt or a SIGTERM."""
    ended = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, ended.set)
    async with listening(identity, tickets, share, ticket) as port:
        announced = [identity.peer, f"127.0.0.1:{port}", share.scope, share.blob]
        while not ended.is_set():
            interval = tracker.announce(*announced)["interval"]
            note(f"announced {announced[1]}")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(ended.wait(), interval)
        tracker.announce(*announced, leaving=True)
    note(f"answered with {share.groups_sent} groups")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("url", "user", "game"):
        parser.add_argument(name)
    for name in ("--hostile", "--share"):
        parser.add_argument(name, action="store_true")
    asyncio.run(main(parser.parse_args()))
