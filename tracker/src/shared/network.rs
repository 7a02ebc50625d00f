//! What puts callers side by side.

use std::{fmt, net::IpAddr};

use mist_proto::http::is_tailnet;

/// Callers of one site seem to be in one local network: they come from behind the same public address, or all from
/// private ones (then the tracker itself stands in that network). One Tailnet is not one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site([u8; 16]);

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl From<IpAddr> for Site {
    fn from(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        let tailnet = is_tailnet(ip);
        let local = match ip {
            IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        };
        let bits = match ip {
            _ if local && !tailnet => 0,
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) if tailnet => v6.to_bits(),
            IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
        };
        Self(bits.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(s: &str) -> IpAddr {
        s.parse().expect("ip")
    }

    #[test]
    fn sites() {
        for (a, b, same) in [
            ("203.0.113.5", "203.0.113.5", true),
            ("203.0.113.5", "203.0.113.6", false),
            ("::ffff:203.0.113.5", "203.0.113.5", true),
            ("10.0.0.7", "192.168.1.2", true),
            ("10.0.0.7", "127.0.0.1", true),
            ("fd00::1", "fe80::2", true),
            ("10.0.0.7", "8.8.8.8", false),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("100.101.1.1", "100.101.1.2", false),
            ("fd7a:115c:a1e0::1", "fd7a:115c:a1e0::2", false),
        ] {
            assert_eq!(Site::from(ip(a)) == Site::from(ip(b)), same, "{a} {b}");
        }
    }
}
