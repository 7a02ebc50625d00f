//! Who is let in, and how those are cut off that no longer are.

use std::sync::Arc;

use mist_peer::{FetchError, RateLimits, Role, SourceFeed};

use crate::lab::*;

/// A minute for a piece.
const SLOW: RateLimits = RateLimits { up: Some(16 << 10), down: None, limit_lan: true };

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ticket_nothing_is_served() {
    let (seed, stranger) = (player(Role::Seed), player(Role::Friend));
    let blob = MemoryBlob::new(noise(MIB, 5));
    seed.shelf.put(&blob);
    // A ticket for another game: it may connect and learns nothing.
    *stranger.admission.scopes.lock().expect("lock") = ["other".to_owned()].into();
    let dir = tempfile::tempdir().expect("dir");
    let outcome =
        stranger.fetch(dir.path(), blob.blob(), SourceFeed::of([seed.candidate(true)])).wait().await;
    assert!(matches!(outcome, Err(FetchError::NoSources { missing: 4, .. })));
    assert_eq!(seed.node.stats().total().up.total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_friend_is_cut_off_at_once() {
    let slow = RateLimits { up: Some(1 << 20), down: None, limit_lan: true };
    let (seed, friend) = (player_with(Role::Seed, slow, false), player(Role::Friend));
    let blob = MemoryBlob::new(noise(8 * MIB, 6));
    seed.shelf.put(&blob);
    let dir = tempfile::tempdir().expect("dir");
    let handle = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([seed.candidate(true)]));
    until("the connection", || seed.node.stats().connections == 1).await;
    seed.admission.denied.lock().expect("lock").insert(friend.node.peer_name().clone());
    seed.node.recheck_peers();
    until("the end of the connection", || seed.node.stats().connections == 0).await;
    assert!(matches!(handle.wait().await, Err(FetchError::NoSources { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_no_longer_counts_closes_its_scope_and_no_other() {
    let (seed, friend) = (player_with(Role::Seed, SLOW, false), player(Role::Friend));
    friend.admission.scopes.lock().expect("lock").insert(OTHER_SCOPE.to_owned());
    let [lost, kept] = [7, 8].map(|n| MemoryBlob::new(noise(2 * MIB, n)));
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("dir"));
    let fetch = |scope, dir: &tempfile::TempDir, blob: &Arc<MemoryBlob>| {
        seed.shelf.put(blob);
        let sources = SourceFeed::of([seed.candidate(true)]);
        friend.fetch_in(scope, dir.path(), blob.blob(), Arc::default(), sources)
    };
    let losing = fetch(SCOPE, &dirs[0], &lost);
    until("an answer under way", || seed.node.stats().answers > 0).await;
    let keeping = fetch(OTHER_SCOPE, &dirs[1], &kept);
    until("answers of both", || keeping.progress().borrow().sources == 1).await;
    seed.admission.revoked.lock().expect("lock").insert(friend.ticket(SCOPE));
    seed.node.recheck_peers();
    assert!(matches!(losing.wait().await, Err(FetchError::NoSources { .. })));
    assert_eq!(seed.node.stats().connections, 1, "the other game goes on");
    seed.node.set_limits(RateLimits::default());
    keeping.wait().await.expect("fetched");
    let sent: Vec<_> = seed.node.stats().scopes.iter().map(|(s, t)| (s.clone(), t.up.total())).collect();
    assert_eq!(sent, [(OTHER_SCOPE.to_owned(), kept.blob().size)], "not a piece of the lost game");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_ask_for_nothing_any_more_is_parted_from_and_nobody_else() {
    let (seed, gone, staying) =
        (player_with(Role::Seed, SLOW, false), player(Role::Friend), player(Role::Friend));
    let blob = MemoryBlob::new(noise(2 * MIB, 9));
    seed.shelf.put(&blob);
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("dir"));
    let sources = || SourceFeed::of([seed.candidate(true)]);
    let losing = gone.fetch(dirs[0].path(), blob.blob(), sources());
    let keeping = staying.fetch(dirs[1].path(), blob.blob(), sources());
    until("both connections", || seed.node.stats().connections == 2).await;
    until("answers of both", || seed.node.stats().answers >= 2).await;
    seed.admission.revoked.lock().expect("lock").insert(gone.ticket(SCOPE));
    seed.node.recheck_peers();
    until("the end of one", || seed.node.stats().connections == 1).await;
    assert!(matches!(losing.wait().await, Err(FetchError::NoSources { .. })));
    seed.node.set_limits(RateLimits::default());
    keeping.wait().await.expect("fetched");
    assert!(staying.got(&blob));
}
