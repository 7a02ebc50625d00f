//! What is inside.

/// Words in an order that looks random, the same for a seed.
pub(crate) fn prose(seed: usize, len: usize) -> Vec<u8> {
    const WORDS: [&str; 8] = ["rain ", "over ", "the ", "harbour ", "and ", "nobody ", "sees ", "it "];
    let mut state = seed;
    let mut out = Vec::new();
    while out.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.extend(WORDS[state >> 40 & 7].bytes());
    }
    out
}

/// What the archives hold, path and content.
pub(crate) fn entries() -> Vec<(String, Vec<u8>)> {
    (0..12).map(|i| (format!("data/{i}.txt"), prose(i, 20_000))).collect()
}
