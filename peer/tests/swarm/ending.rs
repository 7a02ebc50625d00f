//! How nodes end: in order, without a loss for others, and without a trace in the process.

use std::time::Duration;

use mist_peer::{Node, RateLimits, Role, SourceFeed};
use mist_proto::limits::GROUP_SIZE;

use crate::lab::*;

/// A few seconds for what is in flight.
const SLOW: RateLimits = RateLimits { up: Some(1 << 20), down: None, limit_lan: true };

#[tokio::test(flavor = "multi_thread")]
async fn who_drains_ends_what_is_in_flight() {
    let (leaving, staying) = (player_with(Role::Friend, SLOW, false), player(Role::Friend));
    let friend = player(Role::Friend);
    let blob = MemoryBlob::new(noise(12 * MIB, 1));
    leaving.shelf.put(&blob);
    staying.shelf.put(&blob);
    let dir = tempfile::tempdir().expect("dir");
    let (sender, feed) = SourceFeed::new();
    sender.add(leaving.candidate(false)).await;
    let handle = friend.fetch(dir.path(), blob.blob(), feed);
    handle.progress().wait_for(|p| p.pieces_done >= 2).await.expect("running");

    let before = leaving.node.stats().total().up.total();
    let left = leaving.node.drain(Duration::from_secs(60)).await;
    let after = leaving.node.stats().total().up.total();
    leaving.node.shutdown().await;
    assert_eq!(left, 0);
    assert!(after > before, "something was in flight");
    assert!(after - before <= 4 * GROUP_SIZE, "and nothing new was begun: {}", after - before);
    sender.add(staying.candidate(false)).await;
    let report = handle.wait().await.expect("fetched");
    assert!(friend.got(&blob));
    assert_eq!(report.wasted, 0, "all that was in flight was of use");
    assert_eq!(after + staying.node.stats().total().up.total(), blob.blob().size, "nothing was sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fetches_from_one_who_drains_goes_elsewhere_at_once() {
    let slow = RateLimits { up: Some(16 << 10), ..SLOW };
    let (leaving, staying) = (player_with(Role::Friend, slow, false), player(Role::Friend));
    let friend = player(Role::Friend);
    let blob = MemoryBlob::new(noise(12 * MIB, 6));
    leaving.shelf.put(&blob);
    staying.shelf.put(&blob);
    let dir = tempfile::tempdir().expect("dir");
    let (sender, feed) = SourceFeed::new();
    sender.add(leaving.candidate(false)).await;
    let handle = friend.fetch(dir.path(), blob.blob(), feed);
    until("an answer under way", || leaving.node.stats().answers > 0).await;
    let node = leaving.node.clone();
    let draining = tokio::spawn(async move { node.drain(Duration::from_secs(120)).await });
    sender.add(staying.candidate(false)).await;
    handle.wait().await.expect("fetched");
    assert!(friend.got(&blob));
    // What was in flight would have taken minutes; it was asked for elsewhere too, and called off.
    assert_eq!(draining.await.expect("drained"), 0);
    assert_eq!(leaving.node.stats().total().up.total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_takes_no_longer_than_it_may() {
    let slow = RateLimits { up: Some(16 << 10), ..SLOW };
    let (leaving, friend) = (player_with(Role::Friend, slow, false), player(Role::Friend));
    let blob = MemoryBlob::new(noise(4 * MIB, 2));
    leaving.shelf.put(&blob);
    let dir = tempfile::tempdir().expect("dir");
    let handle = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([leaving.candidate(false)]));
    // A minute for a piece.
    until("an answer under way", || leaving.node.stats().answers > 0).await;
    assert!(leaving.node.drain(Duration::from_millis(200)).await > 0, "it says what it cuts off");
    leaving.node.shutdown().await;
    let end = tokio::time::timeout(Duration::from_secs(30), handle.wait()).await.expect("in time");
    assert!(end.is_err(), "nobody has it any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drains_turns_newcomers_away() {
    let (leaving, friend) = (player(Role::Friend), player(Role::Friend));
    let blob = MemoryBlob::new(noise(MIB, 3));
    leaving.shelf.put(&blob);
    assert_eq!(leaving.node.drain(Node::DRAIN).await, 0, "nothing is under way");
    let dir = tempfile::tempdir().expect("dir");
    let fetch = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([leaving.candidate(false)]));
    assert!(fetch.wait().await.is_err());
    assert_eq!(leaving.node.stats().connections, 0);
}

/// Sockets that this process has open.
#[cfg(target_os = "linux")]
fn sockets() -> usize {
    let files = std::fs::read_dir("/proc/self/fd").expect("proc");
    let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_shut_down_leave_no_task_and_no_socket() {
    let other = player(Role::Friend);
    let blob = MemoryBlob::new(noise(2 * MIB, 4));
    other.shelf.put(&blob);
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = (tasks(), sockets());
    let mut kept = Vec::new();
    for round in 0..20 {
        let node = player_with(Role::Friend, RateLimits::default(), true);
        let dir = tempfile::tempdir().expect("dir");
        let fetch = node.fetch(dir.path(), blob.blob(), SourceFeed::of([other.candidate(false)]));
        fetch.wait().await.expect("fetched");
        assert!(node.got(&blob), "round {round}");
        node.node.drain(Node::DRAIN).await;
        node.node.shutdown().await;
        // A handle that somebody still has holds nothing open.
        kept.push(node.node);
        until("the other end", || other.node.stats().connections == 0).await;
    }
    until("the end of all tasks", || tasks() <= before.0).await;
    until("the end of all sockets", || sockets() <= before.1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_comes_back_in_the_same_process() {
    let (mut player, friend) = (player(Role::Friend), player(Role::Friend));
    let blob = MemoryBlob::new(noise(2 * MIB, 5));
    player.shelf.put(&blob);
    for round in 0..3 {
        *friend.bucket.0.lock().expect("lock") = Vec::new();
        let dir = tempfile::tempdir().expect("dir");
        let fetch = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([player.candidate(false)]));
        fetch.wait().await.expect("fetched");
        assert!(friend.got(&blob), "round {round}");
        player = player.restarted().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_fetched_is_served_until_its_owner_serves_it() {
    let (seed, first) = (player(Role::Seed), player(Role::Friend));
    let (second, third) = (player(Role::Friend), player(Role::Friend));
    let blob = MemoryBlob::new(noise(6 * MIB, 7));
    seed.shelf.put(&blob);
    let dirs = [(); 3].map(|()| tempfile::tempdir().expect("dir"));
    let sources = SourceFeed::of([seed.candidate(true)]);
    let report = first.fetch(dirs[0].path(), blob.blob(), sources).wait().await.expect("fetched");
    seed.node.shutdown().await;

    let sources = SourceFeed::of([first.candidate(false)]);
    second
        .fetch(dirs[1].path(), blob.blob(), sources)
        .wait()
        .await
        .expect("fetched from what is not on a shelf yet");
    assert!(second.got(&blob));
    second.node.shutdown().await;

    report.held.withdraw();
    let (sender, feed) = SourceFeed::new();
    sender.add(first.candidate(false)).await;
    let handle = third.fetch(dirs[2].path(), blob.blob(), feed);
    handle.progress().wait_for(|p| p.sources == 1).await.expect("connected");
    first.shelf.put(&blob);
    assert_eq!(handle.progress().borrow().pieces_done, 0, "nothing is read while it moves");
    drop(report);
    let got = handle.wait().await.expect("fetched from the shelf");
    assert!(third.got(&blob));
    assert_eq!(got.wasted, 0);
}
