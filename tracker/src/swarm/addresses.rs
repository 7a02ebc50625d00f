//! Which of a peer's addresses another one is told. Pure.
//!
//! Tailnet addresses go to everybody who may see the game: only members of the Tailnet can use them. Addresses on a LAN say
//! something about somebody's home, and go only to those who seem to be in it: behind the same public address, or
//! on private addresses like the other (then the tracker itself stands in that network). Loopback goes to loopback. A seed's
//! addresses go to everybody.

use std::net::{IpAddr, SocketAddr};

use mist_listener::observed::Observed;
use mist_proto::http::is_tailnet;

use crate::shared::{network::Site, presence::Who};

/// Most addresses that one peer may announce.
pub const MAX_ADDRESSES: usize = 16;

/// Addresses to keep of what a peer announced: "every address of mine" becomes the one that the tracker saw. A peer on the
/// tracker's own host keeps it: which address reaches that host depends on who asks.
pub fn announced(addresses: &[SocketAddr], from: Observed) -> Vec<SocketAddr> {
    let mut kept: Vec<SocketAddr> = addresses
        .iter()
        .filter(|a| a.port() != 0)
        .map(|a| {
            let ip = a.ip().to_canonical();
            let ip = if ip.is_unspecified() && !from.caller.is_loopback() { from.caller } else { ip };
            SocketAddr::new(ip, a.port())
        })
        .collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// Whether somebody of another site than the peer's may be told one of these: in the Tailnet, or at the tracker's host,
/// which may be reached by the Tailnet.
pub fn may_tell_anybody(addresses: &[SocketAddr]) -> bool {
    addresses.iter().any(|a| a.ip().is_unspecified() || is_tailnet(a.ip()))
}

/// Addresses of `holder` that `asker` is told.
pub fn told(holder: &Who, asker: Observed) -> Vec<SocketAddr> {
    let mut told: Vec<SocketAddr> = holder
        .addresses
        .iter()
        .flat_map(|&a| {
            if a.ip().is_unspecified() {
                // A peer on the tracker's host: reachable where the tracker is.
                let reached = asker.reached.map(|ip| SocketAddr::new(ip, a.port()));
                reached.into_iter().filter(|r| may_tell(holder, r.ip(), asker.caller)).collect()
            } else if may_tell(holder, a.ip(), asker.caller) {
                vec![a]
            } else {
                vec![]
            }
        })
        .collect();
    told.sort_unstable();
    told.dedup();
    told
}

fn may_tell(holder: &Who, ip: IpAddr, asker: IpAddr) -> bool {
    if ip.is_loopback() {
        return asker.is_loopback();
    }
    holder.seed || is_tailnet(ip) || Site::from(holder.observed) == Site::from(asker)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(s: &str) -> IpAddr {
        s.parse().expect("ip")
    }

    fn holder(seed: bool, observed: &str, addresses: &[&str]) -> Who {
        Who {
            peer: format!("12D3KooW{}", "a".repeat(44)).parse().expect("peer"),
            account: "u".into(),
            addresses: addresses.iter().map(|a| a.parse().expect("address")).collect(),
            observed: ip(observed),
            seed,
        }
    }

    fn told_to(h: &Who, asker: &str) -> Vec<String> {
        let asker = Observed { caller: ip(asker), reached: Some(ip("10.0.0.1")) };
        told(h, asker).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn friends_addresses_stay_within_their_reach() {
        let friend = holder(
            false,
            "203.0.113.5",
            &["192.168.1.7:4000", "100.101.1.1:4000", "127.0.0.1:4000", "203.0.113.5:4000"],
        );
        assert_eq!(told_to(&friend, "198.51.100.1"), ["100.101.1.1:4000"], "a stranger: the Tailnet only");
        assert_eq!(
            told_to(&friend, "203.0.113.5"),
            ["100.101.1.1:4000", "192.168.1.7:4000", "203.0.113.5:4000"],
            "behind the same public address"
        );
        let on_the_trackers_lan = holder(false, "10.0.0.7", &["10.0.0.7:1", "127.0.0.1:1"]);
        assert_eq!(told_to(&on_the_trackers_lan, "10.0.0.8"), ["10.0.0.7:1"]);
        assert_eq!(told_to(&on_the_trackers_lan, "127.0.0.1"), ["10.0.0.7:1", "127.0.0.1:1"]);
        assert!(told_to(&on_the_trackers_lan, "8.8.8.8").is_empty());
        let by_tailnet = holder(false, "100.101.1.1", &["192.168.1.7:1"]);
        assert!(told_to(&by_tailnet, "100.101.1.2").is_empty(), "one Tailnet is not one LAN");
    }

    #[test]
    fn seeds_are_told_to_everybody() {
        let seed = holder(true, "127.0.0.1", &["0.0.0.0:9", "192.0.2.1:9", "127.0.0.1:9"]);
        assert_eq!(
            told_to(&seed, "8.8.8.8"),
            ["10.0.0.1:9", "192.0.2.1:9"],
            "0.0.0.0 is where they reached us"
        );
        let asker = Observed { caller: ip("127.0.0.1"), reached: Some(ip("127.0.0.1")) };
        assert_eq!(told(&seed, asker).len(), 2);
        assert!(told(&seed, asker).contains(&"127.0.0.1:9".parse().expect("address")));
    }

    #[test]
    fn unspecified_becomes_what_the_tracker_saw() {
        let all =
            ["0.0.0.0:7".parse().expect("a"), "[::]:7".parse().expect("a"), "1.2.3.4:0".parse().expect("a")];
        let from = Observed { caller: ip("192.168.1.7"), reached: None };
        assert_eq!(announced(&all, from), ["192.168.1.7:7".parse().expect("a")]);
        let here = Observed { caller: ip("127.0.0.1"), reached: None };
        assert_eq!(announced(&all[..1], here), ["0.0.0.0:7".parse().expect("a")]);
    }
}
