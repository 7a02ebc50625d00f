//! Answers of peers.

use mist_peer::outboard;
use mist_proto::limits::GROUP_SIZE;

use crate::seed;

pub(crate) fn pieces() {
    for (name, size, edits) in [
        ("small", 1, &[][..]),
        ("group", GROUP_SIZE, &[&[0, 9, 0, 0, 0, 0, 0, 0, 0, 1][..]][..]),
        ("groups", 3 * GROUP_SIZE + 7, &[]),
        ("cut", 2 * GROUP_SIZE, &[&[1, 0, 0, 4, 0, 0, 0, 0, 0, 0], &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0]]),
    ] {
        let content: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
        let outboard = outboard::compute_stream(&content[..]).unwrap().to_bytes().unwrap();
        let asked = [&(size - 1).to_le_bytes()[..], &[1, 1, edits.len() as u8]].concat();
        seed("piece", name, &[asked, edits.concat(), outboard].concat());
    }
}
