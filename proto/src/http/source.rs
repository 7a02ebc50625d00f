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
    /// A friend elsewhere, by QUIC: over the internet, or through a tunnel.
    Internet,
    /// A seed, by QUIC.
    Seed,
    /// A seed's stored files, by HTTPS through the border.
    Https,
}

impl SourceClass {
    /// Every class, in order of preference.
    pub const ALL: [Self; 5] = [Self::Lan, Self::Tailnet, Self::Internet, Self::Seed, Self::Https];

    /// The word in JSON and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Tailnet => "tailnet",
            Self::Internet => "internet",
            Self::Seed => "seed",
            Self::Https => "https",
        }
    }
}

/// Whether `ip` is in the ranges that Tailscale gives to the machines of a Tailnet.
pub fn is_tailnet(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.octets()[0] == 100 && (v4.octets()[1] & 0xc0) == 64,
        IpAddr::V6(v6) => v6.segments()[..3] == [0xfd7a, 0x115c, 0xa1e0],
    }
}

/// Bytes moved, by class of source. Where nothing else is said, verified content as it is in blobs (uncompressed).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BytesBySource {
    /// From friends on the same network.
    pub lan: u64,
    /// From friends in the Tailnet.
    pub tailnet: u64,
    /// From friends elsewhere. Programs before this field know none.
    #[serde(default)]
    pub internet: u64,
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
            SourceClass::Internet => &mut self.internet,
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

    /// What this has more than `other`, of each class.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        let mut more = Self::default();
        for class in SourceClass::ALL {
            more.add(class, self.get(class).saturating_sub(other.get(class)));
        }
        more
    }

    /// The bytes of one class.
    pub fn get(&self, class: SourceClass) -> u64 {
        match class {
            SourceClass::Lan => self.lan,
            SourceClass::Tailnet => self.tailnet,
            SourceClass::Internet => self.internet,
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
    fn addresses_of_a_tailnet() {
        for (ip, expected) in [
            ("100.64.0.1", true),
            ("100.127.255.255", true),
            ("::ffff:100.100.1.1", true),
            ("fd7a:115c:a1e0::1", true),
            ("100.63.255.255", false),
            ("100.128.0.1", false),
            ("192.168.1.2", false),
            ("fd7a:115c:a1e1::1", false),
        ] {
            assert_eq!(is_tailnet(ip.parse().expect(ip)), expected, "{ip}");
        }
    }

    #[test]
    fn what_was_written_before_a_class_was_known_can_be_read() {
        let old = r#"{"lan":1,"tailnet":2,"seed":3,"https":4}"#;
        let bytes: BytesBySource = serde_json::from_str(old).expect("readable");
        assert_eq!((bytes.internet, bytes.total()), (0, 10));
    }
}
