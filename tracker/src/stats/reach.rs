//! Whether friends reach the seeds by QUIC, and why not. Pure.
//!
//! Nobody is asked: a seed says whom it has met, and friends' reports say by what way their bytes came. A friend on the seed's own machine
//! proves nothing of its network.

use std::net::IpAddr;

use mist_proto::http::{BytesBySource, Quic, QuicPlace, Reach, StoreStats, is_tailnet};
use mist_readable::{bytes, duration};

/// Fewer bytes than these by HTTPS tell nothing: a friend that has just come begins so.
const SOME: u64 = 10_000_000;

/// What friends can do with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Loopback,
    /// Of a network that programs for containers make on a machine.
    Container,
    Private,
    Tailnet,
    Public,
}

fn kind_of(ip: IpAddr) -> Kind {
    match ip.to_canonical() {
        ip if ip.is_loopback() => Kind::Loopback,
        ip if is_tailnet(ip) => Kind::Tailnet,
        IpAddr::V4(v4) => match v4.octets() {
            // Docker, Podman and slirp4netns take these first.
            [172, 17..=31, ..] | [10, 88, ..] | [10, 0, 2, _] => Kind::Container,
            _ if v4.is_private() || v4.is_link_local() => Kind::Private,
            _ => Kind::Public,
        },
        IpAddr::V6(v6) if v6.is_unique_local() || v6.is_unicast_link_local() => Kind::Private,
        IpAddr::V6(_) => Kind::Public,
    }
}

/// What is known of each seed that is online. `day` is what friends received in the last day.
pub(super) fn all(stores: &[StoreStats], day: &BytesBySource) -> Vec<Reach> {
    let known = stores.iter().filter_map(|store| Some((store.seed.clone(), store.quic.as_ref()?)));
    known.map(|(seed, quic)| told(seed, quic, day)).collect()
}

fn told(seed: String, quic: &Quic, day: &BytesBySource) -> Reach {
    let outside = |dialed_seed: bool| {
        let met =
            quic.met.iter().filter(|met| met.dialed_seed == dialed_seed && met.place != QuicPlace::Here);
        met.map(|met| (met.place, met.secs_ago)).collect::<Vec<_>>()
    };
    let (came, met) = (outside(true), outside(false));
    let (reached, mut text) = match came.is_empty() {
        true => unreached(quic, day),
        false => (Some(true), format!("Friends reach it by QUIC: {}.", places(&came))),
    };
    if !met.is_empty() {
        text = format!("{text} It has reached friends itself: {}.", places(&met));
    }
    Reach { seed, reached, text }
}

fn places(met: &[(QuicPlace, u64)]) -> String {
    let one = |(place, secs): &(QuicPlace, u64)| {
        let place = match place {
            QuicPlace::Here => "on its own machine",
            QuicPlace::Lan => "in its own network",
            QuicPlace::Tailnet => "in the Tailnet",
            QuicPlace::Internet => "from elsewhere",
        };
        format!("{place} {} ago", duration(std::time::Duration::from_secs(*secs)))
    };
    met.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Why nobody from outside has come.
fn unreached(quic: &Quic, day: &BytesBySource) -> (Option<bool>, String) {
    let kinds: Vec<Kind> = quic.addresses.iter().map(|address| kind_of(address.ip())).collect();
    let all = |kind: Kind| kinds.iter().all(|k| *k == kind);
    let has = |kind: Kind| kinds.contains(&kind);
    let listed = quic.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let port = quic.addresses.first().map_or(0, |address| address.port());
    if kinds.is_empty() || all(Kind::Loopback) {
        let text = format!(
            "It tells friends to reach it at {}, which only its own machine can: everybody else gets all bytes by HTTPS. Let `quic_listen` \
             be 0.0.0.0 with a port, or name the machine's addresses by `advertise`.",
            if listed.is_empty() { "no address" } else { &listed }
        );
        return (Some(false), text);
    }
    if kinds.iter().all(|kind| matches!(kind, Kind::Container | Kind::Loopback)) {
        let text = format!(
            "It tells friends to reach it at {listed}, which looks like an address inside a container: nobody outside gets there. Publish \
             the UDP port {port} of the container, and name the machine's own addresses by `advertise`."
        );
        return (Some(false), text);
    }
    if day.https >= SOME && day.seed == 0 {
        let came = bytes(day.https);
        let text = if has(Kind::Public) || has(Kind::Tailnet) {
            format!(
                "No friend has reached it by QUIC since it started, and {came} went by HTTPS in the last day: UDP to port {port} does not \
                 get through. The likely cause is a firewall on this machine or the rules of its provider: let UDP in at port {port} \
                 ({listed})."
            )
        } else {
            format!(
                "No friend has reached it by QUIC since it started, and {came} went by HTTPS in the last day: its addresses ({listed}) are \
                 private, and only who is in the same network gets there. Put the machine into the Tailnet of your friends, or forward \
                 UDP port {port} to it and name the public address by `advertise`. If friends are in this network, a firewall keeps UDP \
                 out of port {port}."
            )
        };
        return (Some(false), text);
    }
    let secs = duration(std::time::Duration::from_secs(quic.secs));
    let text = format!(
        "No friend from outside this machine has reached it by QUIC in the {secs} since it started, and none seems to have tried."
    );
    (None, text)
}

#[cfg(test)]
mod tests {
    use mist_proto::http::QuicMet;

    use super::*;

    fn says(addresses: &[&str], met: &[(QuicPlace, bool)], https: u64, seed: u64) -> (Option<bool>, String) {
        let met = met.iter().map(|&(place, dialed_seed)| QuicMet { place, dialed_seed, secs_ago: 60 });
        let quic = Quic {
            addresses: addresses.iter().map(|a| a.parse().expect("address")).collect(),
            secs: 7200,
            met: met.collect(),
        };
        let day = BytesBySource { https, seed, ..BytesBySource::default() };
        let reach = told("s".into(), &quic, &day);
        (reach.reached, reach.text)
    }

    #[test]
    fn the_likely_cause_is_named() {
        const GB: u64 = 1_000_000_000;
        const VM: &[&str] = &["203.0.113.9:8443", "10.0.0.4:8443"];
        const HOME: &[&str] = &["192.168.1.7:8443"];
        for (addresses, met, https, seed, reached, words) in [
            (VM, &[(QuicPlace::Internet, true)][..], 9 * GB, 0, Some(true), "from elsewhere 1 min 0 s ago"),
            (VM, &[(QuicPlace::Here, true)], 0, 0, None, "none seems to have tried"),
            (VM, &[], 9 * GB, 0, Some(false), "let UDP in at port 8443"),
            (VM, &[], 9 * GB, 5, None, "none seems to have tried"),
            (VM, &[], SOME - 1, 0, None, "none seems to have tried"),
            (HOME, &[], 9 * GB, 0, Some(false), "Tailnet of your friends"),
            (
                &["192.168.1.7:8443", "100.101.1.1:8443"],
                &[],
                GB,
                0,
                Some(false),
                "a firewall on this machine",
            ),
            (&["127.0.0.1:8443"], &[], 0, 0, Some(false), "which only its own machine can"),
            (&[], &[], 0, 0, Some(false), "no address"),
            (&["172.18.0.3:8443", "127.0.0.1:8443"], &[], 0, 0, Some(false), "inside a container"),
            (&["172.18.0.3:8443"], &[(QuicPlace::Lan, true)], 0, 0, Some(true), "in its own network"),
            (
                HOME,
                &[(QuicPlace::Lan, false)],
                0,
                0,
                None,
                "It has reached friends itself: in its own network",
            ),
        ] {
            let (is_reached, text) = says(addresses, met, https, seed);
            assert_eq!(is_reached, reached, "{addresses:?} {met:?}: {text}");
            assert!(text.contains(words), "{words} in {text}");
        }
    }
}
