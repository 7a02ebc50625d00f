//! Traffic whose every packet and time is known.

use super::*;
use crate::{Rate, packet::tests::packet};

const MS: Duration = Duration::from_millis(1);
const ADA: [u8; 4] = [10, 0, 0, 1];
const BEN: [u8; 4] = [10, 0, 0, 2];
const CLEO: [u8; 4] = [10, 0, 0, 3];

/// Three ports: one byte each microsecond up, ten of them down, 5 ms away, 50 ms of queue.
fn three(seed: u64) -> (Network, [Port; 3]) {
    let mut network = Network::new(seed);
    let line = Access::line(Rate::mbit(8), Rate::mbit(80));
    let ports = [ADA, BEN, CLEO].map(|address| network.add(line, vec![IpAddr::from(address).into()]));
    (network, ports)
}

fn send(network: &mut Network, now: Duration, from: Port, to: [u8; 4], number: u16) {
    network.send(now, now, from, packet(to, 1000, number));
}

/// What arrives until `until`: the port, the packet's number, and the time, as exactly as there are events.
fn arrivals(network: &mut Network, until: Duration) -> Vec<(Port, u16, Duration)> {
    let mut seen = vec![];
    while let Some(at) = network.next().filter(|at| *at <= until) {
        network
            .advance(at, |port, packet| seen.push((port, u16::from_be_bytes([packet[20], packet[21]]), at)));
    }
    seen
}

fn numbers(network: &mut Network, until: Duration) -> Vec<u16> {
    arrivals(network, until).into_iter().map(|(_, number, _)| number).collect()
}

#[test]
fn a_packet_crosses_both_lines_and_both_delays() {
    let (mut network, [ada, ben, _]) = three(1);
    send(&mut network, MS, ada, BEN, 7);
    let there = MS + MS + 5 * MS + MS / 10 + 5 * MS;
    assert_eq!(arrivals(&mut network, 100 * MS), [(ben, 7, there)]);
    let sent = Counters { sent_packets: 1, sent_bytes: 1000, ..Counters::default() };
    assert_eq!(network.counters(ada), sent);
    let received = Counters { received_packets: 1, received_bytes: 1000, ..Counters::default() };
    assert_eq!(network.counters(ben), received);
}

#[test]
fn the_rate_of_the_sender_holds_over_a_second() {
    let (mut network, [ada, ben, _]) = three(1);
    // Twice as much as the line bears.
    for tick in 0..1000 {
        send(&mut network, tick * MS, ada, BEN, 0);
        send(&mut network, tick * MS, ada, BEN, 1);
    }
    arrivals(&mut network, 1000 * MS);
    let bytes = network.counters(ben).received_bytes;
    assert!((985_000..=1_000_000).contains(&bytes), "{bytes} bytes in a second at 8 Mbit/s");
    let dropped = network.counters(ada).sent_dropped;
    assert!((940..=960).contains(&dropped), "{dropped} of 2000 dropped, 50 still wait");
}

#[test]
fn two_senders_share_the_line_of_a_receiver() {
    let (mut network, [ada, ben, cleo]) = three(1);
    network.plan(Duration::ZERO, Fault::Access(cleo, Access::line(Rate::mbit(8), Rate::mbit(8))));
    for tick in 0..1000 {
        send(&mut network, tick * MS, ada, CLEO, 0);
        send(&mut network, tick * MS, ben, CLEO, 1);
    }
    arrivals(&mut network, 1000 * MS);
    let cleo = network.counters(cleo);
    assert!((985_000..=1_000_000).contains(&cleo.received_bytes), "{cleo:?}");
    assert!(cleo.received_dropped > 900, "{cleo:?}");
    assert_eq!(network.counters(ada).sent_dropped, 0, "the senders' own lines are fast enough");
}

#[test]
fn losses_have_their_share_and_their_seed() {
    let lost = |seed| {
        let (mut network, [ada, ..]) = three(seed);
        network.plan(Duration::ZERO, Fault::Loss(ada, 0.05));
        network.advance(Duration::ZERO, |_, _| ());
        for tick in 0..10_000 {
            send(&mut network, tick * MS, ada, BEN, u16::try_from(tick).unwrap());
        }
        let arrived = numbers(&mut network, 11_000 * MS);
        let Counters { lost, .. } = network.counters(ada);
        assert_eq!(arrived.len() as u64 + lost, 10_000);
        assert!((400..600).contains(&lost), "{lost} of 10,000 lost at 5 %");
        arrived
    };
    assert_eq!(lost(1), lost(1));
    assert_ne!(lost(1), lost(2));
}

#[test]
fn who_is_cut_hears_and_says_nothing_until_it_is_healed() {
    let (mut network, [ada, ben, cleo]) = three(1);
    network.plan(50 * MS, Fault::Cut(ada));
    network.plan(150 * MS, Fault::Heal);
    for (number, at) in [0, 100, 200].into_iter().enumerate() {
        let number = u16::try_from(number).unwrap();
        let at = at * MS;
        arrivals(&mut network, at);
        send(&mut network, at, ada, BEN, number);
        send(&mut network, at, cleo, ADA, 10 + number);
        send(&mut network, at, cleo, BEN, 20 + number);
        let arrived = numbers(&mut network, at + 49 * MS);
        let expected = if number == 1 { vec![21] } else { vec![number, 10 + number, 20 + number] };
        assert_eq!(
            {
                let mut a = arrived;
                a.sort_unstable();
                a
            },
            expected,
            "at {at:?}"
        );
    }
    assert_eq!(network.counters(ada).lost, 1);
    assert_eq!(network.counters(cleo).lost, 1);
    assert_eq!(network.counters(ben).lost, 0);
}

#[test]
fn a_partition_leaves_each_side_its_own() {
    let (mut network, [ada, ben, cleo]) = three(1);
    network.plan(Duration::ZERO, Fault::Partition(vec![ada, ben]));
    network.advance(Duration::ZERO, |_, _| ());
    send(&mut network, MS, ada, BEN, 1);
    send(&mut network, MS, ada, CLEO, 2);
    send(&mut network, MS, cleo, BEN, 3);
    assert_eq!(numbers(&mut network, 100 * MS), [1]);
}

#[test]
fn what_has_no_receiver_is_lost() {
    let (mut network, [ada, ..]) = three(1);
    send(&mut network, MS, ada, [10, 9, 9, 9], 1);
    send(&mut network, MS, ada, ADA, 2);
    network.send(MS, MS, ada, vec![0; 60]);
    assert_eq!(numbers(&mut network, 100 * MS), []);
    assert_eq!(network.counters(ada).lost, 3);
}

#[test]
fn a_home_has_more_than_one_network() {
    let mut network = Network::new(1);
    let line = Access::line(Rate::UNBOUNDED, Rate::UNBOUNDED);
    let nets = ["192.168.1.0/24", "100.64.1.0/24"].map(|net| net.parse().unwrap());
    let home = network.add(line, nets.into());
    let seed = network.add(line, vec![IpAddr::from(ADA).into()]);
    send(&mut network, MS, seed, [192, 168, 1, 9], 1);
    send(&mut network, MS, seed, [100, 64, 1, 9], 2);
    let arrived = arrivals(&mut network, 100 * MS);
    assert_eq!(arrived, [(home, 1, 11 * MS), (home, 2, 11 * MS)]);
}
