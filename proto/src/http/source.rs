//! Where bytes come from.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Classes of sources, from the one to prefer to the last resort.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SourceClass {
    /// A friend on the same network, by QUIC.
    Lan,
    /// A friend in the same Tailnet, by QUIC.
    Tailnet,
    /// A seed, by QUIC.
    Seed,
    /// A seed's stored files, by HTTPS through the border.
    Https,
}

impl SourceClass {
    /// Every class, in order of preference.
    pub const ALL: [Self; 4] = [Self::Lan, Self::Tailnet, Self::Seed, Self::Https];

    /// The class of a QUIC peer at `ip`: a seed is a seed wherever it is; Tailscale's ranges are the Tailnet;
    /// everything else that can be reached directly counts as the local network.
    pub fn of_peer(ip: IpAddr, is_seed: bool) -> Self {
        if is_seed {
            return Self::Seed;
        }
        let tailnet = match ip.to_canonical() {
            IpAddr::V4(v4) => v4.octets()[0] == 100 && (v4.octets()[1] & 0xc0) == 64,
            IpAddr::V6(v6) => v6.segments()[..3] == [0xfd7a, 0x115c, 0xa1e0],
        };
        if tailnet { Self::Tailnet } else { Self::Lan }
    }

    /// The word in JSON and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Tailnet => "tailnet",
            Self::Seed => "seed",
            Self::Https => "https",
        }
    }
}

/// Bytes of content moved, by class of source. Counts verified content as it arrived in blobs (uncompressed).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BytesBySource {
    /// From friends on the same network.
    pub lan: u64,
    /// From friends in the Tailnet.
    pub tailnet: u64,
    /// From seeds by QUIC.
    pub seed: u64,
    /// By HTTPS.
    pub https: u64,
}

impl BytesBySource {
    /// Adds `bytes` to one class.
    pub fn add(&mut self, class: SourceClass, bytes: u64) {
        let field = match class {
            SourceClass::Lan => &mut self.lan,
            SourceClass::Tailnet => &mut self.tailnet,
            SourceClass::Seed => &mut self.seed,
            SourceClass::Https => &mut self.https,
        };
        *field = field.saturating_add(bytes);
    }

    /// Adds all of `other`.
    pub fn add_all(&mut self, other: &Self) {
        for class in SourceClass::ALL {
            self.add(class, other.get(class));
        }
    }

    /// The bytes of one class.
    pub fn get(&self, class: SourceClass) -> u64 {
        match class {
            SourceClass::Lan => self.lan,
            SourceClass::Tailnet => self.tailnet,
            SourceClass::Seed => self.seed,
            SourceClass::Https => self.https,
        }
    }

    /// Sum over all classes.
    pub fn total(&self) -> u64 {
        SourceClass::ALL.iter().fold(0u64, |sum, &c| sum.saturating_add(self.get(c)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_addresses() {
        let of = |ip: &str| SourceClass::of_peer(ip.parse().expect(ip), false);
        assert_eq!(of("192.168.1.2"), SourceClass::Lan);
        assert_eq!(of("127.0.0.1"), SourceClass::Lan);
        assert_eq!(of("100.64.0.1"), SourceClass::Tailnet);
        assert_eq!(of("100.127.255.255"), SourceClass::Tailnet);
        assert_eq!(of("100.128.0.1"), SourceClass::Lan);
        assert_eq!(of("::ffff:100.100.1.1"), SourceClass::Tailnet);
        assert_eq!(of("fd7a:115c:a1e0::1"), SourceClass::Tailnet);
        assert_eq!(SourceClass::of_peer("10.0.0.1".parse().expect("ip"), true), SourceClass::Seed);
    }
}
