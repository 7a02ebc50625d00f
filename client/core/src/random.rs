//! Random names for what must not be mistaken for another of its kind.

/// 128 random bits in hex.
pub(crate) fn random_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
