//! The stored file behind HTTP, by ranges, from a tiny server.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use mist_peer::{Candidate, FetchError, HttpsCandidate, HttpsKind, RateLimits, Role, SourceFeed, Trouble};
use mist_proto::http::SourceClass;

use crate::lab::*;

struct Store {
    stored: Mutex<Vec<u8>>,
    outboard: Mutex<Vec<u8>>,
    sent: AtomicU64,
    mood: Mutex<Mood>,
}

/// What a proxy does to requests.
#[derive(Debug, Clone, Copy, Default)]
enum Mood {
    #[default]
    Fair,
    /// It sends whole files whatever range is asked for.
    NoRanges,
    /// The same, and it ends whole files after so many bytes, which get more each time.
    NoRangesAndCuts(usize),
    /// It answers long ranges with a status of its own.
    Refuses(usize),
    /// It ends bodies after so many bytes.
    Cuts(usize),
}

struct Border {
    store: Arc<Store>,
    candidate: Candidate,
}

/// Serves `stored` and `outboard`, as a seed's byte router would.
async fn border(stored: Vec<u8>, outboard: Vec<u8>, kind: HttpsKind) -> Border {
    let store = Arc::new(Store {
        stored: Mutex::new(stored),
        outboard: Mutex::new(outboard),
        sent: AtomicU64::new(0),
        mood: Mutex::default(),
    });
    let app = Router::new()
        .route("/data", get(data))
        .route(
            "/outboard",
            get(|State(s): State<Arc<Store>>| async move { s.outboard.lock().expect("lock").clone() }),
        )
        .with_state(store.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let base = format!("http://{}", listener.local_addr().expect("addr"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let candidate = Candidate::Https(HttpsCandidate {
        data: format!("{base}/data?cap=x").parse().expect("url"),
        kind,
        outboard: format!("{base}/outboard?cap=x").parse().expect("url"),
        headers: HeaderMap::new(),
    });
    Border { store, candidate }
}

async fn data(State(store): State<Arc<Store>>, headers: HeaderMap) -> Response {
    let stored = store.stored.lock().expect("lock");
    let mut mood = store.mood.lock().expect("lock");
    match &mut *mood {
        Mood::NoRanges => {
            store.sent.fetch_add(stored.len() as u64, Ordering::Relaxed);
            return stored.clone().into_response();
        }
        Mood::NoRangesAndCuts(after) => {
            let body = stored[..stored.len().min(*after)].to_vec();
            if !headers.contains_key(header::RANGE) {
                *after += 2 * MIB;
            }
            return body.into_response();
        }
        _ => {}
    }
    let mood = *mood;
    let range =
        headers.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|r| r.split_once('-')) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (start, end) = match first.parse::<usize>() {
        Ok(first) => (first, last.parse::<usize>().expect("last") + 1),
        Err(_) => (stored.len() - last.parse::<usize>().expect("suffix"), stored.len()),
    };
    let Some(bytes) = stored.get(start..end) else {
        return StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    };
    if matches!(mood, Mood::Refuses(most) if bytes.len() > most) {
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    store.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    let content_range = format!("bytes {start}-{}/{}", end - 1, stored.len());
    let most = if let Mood::Cuts(most) = mood { most } else { usize::MAX };
    let bytes = bytes[..bytes.len().min(most)].to_vec();
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, content_range)], bytes).into_response()
}

/// Frames of four pieces each, and their seek table.
fn seekable(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut entries) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(MIB) {
        let frame = zstd::bulk::compress(piece, 3).expect("compresses");
        entries.extend(u32::try_from(frame.len()).expect("small").to_le_bytes());
        entries.extend(u32::try_from(piece.len()).expect("small").to_le_bytes());
        out.extend(frame);
    }
    let frames = u32::try_from(entries.len() / 8).expect("small");
    out.extend(0x184D_2A5Eu32.to_le_bytes());
    out.extend(u32::try_from(entries.len() + 9).expect("small").to_le_bytes());
    out.extend(entries);
    out.extend(frames.to_le_bytes());
    out.push(0);
    out.extend(0x8F92_EAB1u32.to_le_bytes());
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_and_compressed_files_serve_when_no_peer_does() {
    for (kind, seed) in [(HttpsKind::Raw, 1), (HttpsKind::SeekableZstd, 2)] {
        let friend = player(Role::Friend);
        let mut bytes = noise(5 * MIB + 99, seed);
        bytes[MIB..2 * MIB].fill(7);
        let blob = MemoryBlob::new(bytes.clone());
        let stored = if kind == HttpsKind::Raw { bytes } else { seekable(&bytes) };
        let border = border(stored, blob.outboard.to_bytes().expect("bytes"), kind).await;
        let dir = tempfile::tempdir().expect("dir");
        let handle = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([border.candidate]));
        let report = handle.wait().await.expect("fetched");
        assert!(friend.got(&blob));
        let (content, wire) = (report.bytes.https, report.wire.https);
        assert_eq!(content, blob.blob().size);
        // One MiB of it packs well. Heads, the outboard and the seek table are counted too.
        match kind {
            HttpsKind::Raw => assert!(wire > content, "{wire}"),
            HttpsKind::SeekableZstd => assert!(wire > content - content / 4 && wire < content, "{wire}"),
        }
        assert_eq!(report.wire.total(), wire);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fast_peer_leaves_nothing_to_https() {
    let steady = RateLimits { up: Some(16 << 20), down: None, limit_lan: true };
    let (seed, friend) = (player_with(Role::Seed, steady, false), player(Role::Friend));
    let blob = MemoryBlob::new(noise(24 * MIB, 3));
    seed.shelf.put(&blob);
    let bytes = blob.bytes.lock().expect("lock").clone();
    let border = border(bytes, blob.outboard.to_bytes().expect("bytes"), HttpsKind::Raw).await;
    let dir = tempfile::tempdir().expect("dir");
    let (sender, feed) = SourceFeed::new();
    sender.add(seed.candidate(true)).await;
    let handle = friend.fetch(dir.path(), blob.blob(), feed);
    handle.progress().wait_for(|p| p.pieces_done > 0).await.expect("running");
    sender.add(border.candidate).await;
    let report = handle.wait().await.expect("fetched");
    assert!(friend.got(&blob));
    assert_eq!(report.bytes.get(SourceClass::Https), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_border_that_lies_gets_nothing_accepted() {
    let friend = player(Role::Friend);
    let blob = MemoryBlob::new(noise(2 * MIB, 4));
    let mut bytes = blob.bytes.lock().expect("lock").clone();
    bytes.chunks_mut(MIB / 4).for_each(|piece| piece[5] ^= 1);
    let border = border(bytes, blob.outboard.to_bytes().expect("bytes"), HttpsKind::Raw).await;
    let dir = tempfile::tempdir().expect("dir");
    let (sender, feed) = SourceFeed::new();
    sender.add(border.candidate).await;
    let handle = friend.fetch(dir.path(), blob.blob(), feed);
    until("a lie", || border.store.sent.load(Ordering::Relaxed) > 0).await;
    let honest = player(Role::Friend);
    honest.shelf.put(&blob);
    sender.add(honest.candidate(false)).await;
    let report = handle.wait().await.expect("fetched");
    assert!(friend.got(&blob));
    assert_eq!(report.bytes.https, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_outboard_is_not_used() {
    let friend = player(Role::Friend);
    let blob = MemoryBlob::new(noise(2 * MIB, 5));
    let mut outboard = blob.outboard.to_bytes().expect("bytes");
    outboard[70] ^= 1;
    let bytes = blob.bytes.lock().expect("lock").clone();
    let border = border(bytes, outboard, HttpsKind::Raw).await;
    let dir = tempfile::tempdir().expect("dir");
    let handle = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([border.candidate]));
    handle.cancel();
    assert!(matches!(handle.wait().await, Err(FetchError::Cancelled)));
    assert_eq!(
        border.store.sent.load(Ordering::Relaxed),
        0,
        "no data is asked for before the tree is verified"
    );
}

/// Fetches `bytes` through a proxy that does so, until all of it is here. How many bytes it sent.
async fn fetched_through(mood: Mood, kind: HttpsKind, bytes: Vec<u8>) -> u64 {
    let friend = player(Role::Friend);
    let blob = MemoryBlob::new(bytes.clone());
    let stored = if kind == HttpsKind::Raw { bytes } else { seekable(&bytes) };
    let border = border(stored, blob.outboard.to_bytes().expect("bytes"), kind).await;
    *border.store.mood.lock().expect("lock") = mood;
    let dir = tempfile::tempdir().expect("dir");
    let handle = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([border.candidate]));
    handle.wait().await.expect("fetched");
    assert!(friend.got(&blob));
    border.store.sent.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_cuts_bodies_is_asked_for_the_rest() {
    for (kind, seed) in [(HttpsKind::Raw, 6), (HttpsKind::SeekableZstd, 7)] {
        fetched_through(Mood::Cuts(100_000), kind, noise(3 * MIB + 99, seed)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_long_ranges_is_asked_for_short_ones() {
    fetched_through(Mood::Refuses(100_000), HttpsKind::Raw, noise(3 * MIB + 99, 11)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_and_has_no_ranges_comes_as_long_as_each_answer_brings_more() {
    fetched_through(Mood::NoRangesAndCuts(5 * MIB / 2), HttpsKind::Raw, noise(4 * MIB + 7, 12)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_whole_once_where_ranges_are_ignored() {
    let sent = fetched_through(Mood::NoRanges, HttpsKind::Raw, noise(5 * MIB, 8)).await;
    // The pieces that were asked for at first were each answered by all of it, before it was known; what is read of such answers is
    // their head.
    assert!(sent <= (8 + 1) * 5 * MIB as u64, "{sent} bytes were sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_nobody_brings_it_is_told() {
    let friend = player(Role::Friend);
    for (seed, kind, mood, trouble) in [
        (9, HttpsKind::SeekableZstd, Mood::NoRanges, Trouble::NoRanges),
        (10, HttpsKind::Raw, Mood::Fair, Trouble::BadData),
    ] {
        let mut bytes = noise(2 * MIB, seed);
        let blob = MemoryBlob::new(bytes.clone());
        if trouble == Trouble::BadData {
            bytes[5] ^= 1;
            bytes[MIB + 5] ^= 1;
        }
        let stored = if kind == HttpsKind::Raw { bytes } else { seekable(&bytes) };
        let border = border(stored, blob.outboard.to_bytes().expect("bytes"), kind).await;
        *border.store.mood.lock().expect("lock") = mood;
        let dir = tempfile::tempdir().expect("dir");
        let (sender, feed) = SourceFeed::new();
        sender.add(border.candidate).await;
        let handle = friend.fetch(dir.path(), blob.blob(), feed);
        let mut progress = handle.progress();
        progress.wait_for(|p| p.trouble == Some(trouble)).await.expect("running");
        let given_up = progress.borrow().given_up();
        assert!(
            matches!(given_up, FetchError::NoSources { trouble: Some(t), .. } if t == trouble),
            "{given_up}"
        );
    }
}
