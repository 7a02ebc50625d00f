//! Friends and seeds among themselves.

use std::{sync::atomic::Ordering, time::Duration};

use mist_peer::{
    Candidate, Fetch, FetchError, Identity, Origin, PartialBlob, RateLimits, Role, SourceFeed, bao,
};
use mist_proto::{
    limits::GROUP_SIZE,
    wire::{AnswerHead, Control, VERSION},
};

use crate::lab::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_comes_over_whole_and_is_counted() {
    let (seed, friend) = (player(Role::Seed), player(Role::Friend));
    let dir = tempfile::tempdir().expect("dir");
    for (i, len) in [1, 70_000, 256 * 1024, MIB + 1, 9 * MIB + 12_345].into_iter().enumerate() {
        let blob = MemoryBlob::new(noise(len, i as u64));
        seed.shelf.put(&blob);
        *friend.bucket.0.lock().expect("lock") = Vec::new();
        let handle = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([seed.candidate(true)]));
        let progress = handle.progress();
        let report = handle.wait().await.expect("fetched");
        assert!(friend.got(&blob), "{len}");
        assert_eq!(report.bytes.seed, len as u64);
        assert_eq!((report.bytes.total(), report.wasted), (len as u64, 0));
        let last = progress.borrow().clone();
        assert_eq!(last.pieces_done, last.pieces_wanted);
        let partial = PartialBlob::open(dir.path(), blob.blob()).expect("partial");
        assert!(partial.is_complete(), "the record is durable");
        assert_eq!(
            partial.outboard().to_bytes().expect("bytes"),
            blob.outboard.to_bytes().expect("bytes"),
            "the tree is complete"
        );
    }
    let sent = seed.node.stats().scopes[SCOPE].up;
    assert_eq!(sent.total(), friend.node.stats().scopes[SCOPE].down.total());
    seed.node.shutdown().await;
    friend.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_blob_needs_nobody() {
    let friend = player(Role::Friend);
    let dir = tempfile::tempdir().expect("dir");
    let blob = MemoryBlob::new(Vec::new());
    friend.fetch(dir.path(), blob.blob(), SourceFeed::of([])).wait().await.expect("fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_fetch_goes_on_where_it_was() {
    let slow = RateLimits { up: Some(8 << 20), down: None, limit_lan: true };
    let (seed, friend) = (player_with(Role::Seed, slow, false), player(Role::Friend));
    let dir = tempfile::tempdir().expect("dir");
    let blob = MemoryBlob::new(noise(12 * MIB, 1));
    seed.shelf.put(&blob);
    let first = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([seed.candidate(true)]));
    let mut progress = first.progress();
    progress.wait_for(|p| p.pieces_done >= 3).await.expect("running");
    first.cancel();
    assert!(matches!(first.wait().await, Err(FetchError::Cancelled)));
    let have = PartialBlob::open(dir.path(), blob.blob()).expect("partial").have();
    assert!(have.count() >= 3 && !have.is_complete());
    seed.node.set_limits(RateLimits::default());
    let second = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([seed.candidate(true)]));
    let report = second.wait().await.expect("fetched");
    assert_eq!(
        report.bytes.total(),
        blob.blob().size - have.count() * GROUP_SIZE,
        "nothing is fetched twice"
    );
    assert!(friend.got(&blob));
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_pass_on_what_they_do_not_have_whole_yet() {
    // Far slower than friends among themselves, also where cores are few and busy.
    let slow = RateLimits { up: Some(4 << 20), down: None, limit_lan: true };
    let seed = player_with(Role::Seed, slow, false);
    let friends = [player(Role::Friend), player(Role::Friend), player(Role::Friend)];
    let blob = MemoryBlob::new(noise(10 * MIB, 2));
    seed.shelf.put(&blob);
    let dirs: Vec<_> = friends.iter().map(|_| tempfile::tempdir().expect("dir")).collect();
    let handles: Vec<_> = friends
        .iter()
        .zip(&dirs)
        .map(|(friend, dir)| {
            let others = friends.iter().filter(|f| f.node.peer_name() != friend.node.peer_name());
            let sources = others.map(|f| f.candidate(false)).chain([seed.candidate(true)]);
            friend.fetch(dir.path(), blob.blob(), SourceFeed::of(sources))
        })
        .collect();
    for handle in handles {
        handle.wait().await.expect("fetched");
    }
    assert!(friends.iter().all(|f| f.got(&blob)));
    let copies = seed.node.stats().total().up.total() as f64 / (10 * MIB) as f64;
    // Three without sharing; how close to one it gets, the simulation shows.
    assert!(copies <= 1.5, "{copies} copies left the seed");
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_bytes_ban_their_sender_and_nobody_else() {
    let (honest, friend) = (player(Role::Friend), player(Role::Friend));
    let good = MemoryBlob::new(noise(16 * MIB, 3));
    honest.shelf.put(&good);
    let liar = hostile::serve(good.blob(), hostile::Answers::Altered).await;
    let dir = tempfile::tempdir().expect("dir");
    let sources = SourceFeed::of([liar.candidate(), honest.candidate(false)]);
    let report = friend.fetch(dir.path(), good.blob(), sources).wait().await.expect("fetched");
    assert!(friend.got(&good));
    assert_eq!(report.banned, std::slice::from_ref(&liar.name));
    assert_eq!(friend.node.stats().banned, 1);
    assert!(report.wasted <= 4 * GROUP_SIZE, "{}", report.wasted);
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_is_not_sent_and_nobody_is_banned_for_it() {
    let (rotten, honest, friend) = (player(Role::Friend), player(Role::Friend), player(Role::Friend));
    let bad = MemoryBlob::new(noise(4 * MIB, 4));
    bad.rot.store(true, Ordering::Relaxed);
    rotten.shelf.put(&bad);
    honest.shelf.put(&MemoryBlob::new(noise(4 * MIB, 4)));
    let dir = tempfile::tempdir().expect("dir");
    let sources = SourceFeed::of([rotten.candidate(false), honest.candidate(false)]);
    let report = friend.fetch(dir.path(), bad.blob(), sources).wait().await.expect("fetched");
    assert!(friend.got(&bad));
    assert!(report.banned.is_empty());
    assert_eq!(rotten.node.stats().total().up.total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_at_the_address_is_not_talked_to() {
    let (seed, friend) = (player(Role::Seed), player(Role::Friend));
    let blob = MemoryBlob::new(noise(MIB, 7));
    seed.shelf.put(&blob);
    let impostor = Candidate::Peer {
        peer: Identity::generate().peer_name().clone(),
        addrs: seed.node.addresses(),
        origin: Origin::Tracker,
        seed: true,
    };
    let dir = tempfile::tempdir().expect("dir");
    let outcome = friend.fetch(dir.path(), blob.blob(), SourceFeed::of([impostor])).wait().await;
    assert!(matches!(outcome, Err(FetchError::NoSources { .. })));
    assert_eq!(seed.node.stats().connections, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalling_peer_is_left_and_a_late_source_takes_over() {
    let friend = player(Role::Friend);
    let honest = player(Role::Friend);
    let blob = MemoryBlob::new(noise(4 * MIB, 8));
    honest.shelf.put(&blob);
    let stalling = hostile::serve(blob.blob(), hostile::Answers::Nothing).await;
    let dir = tempfile::tempdir().expect("dir");
    let (sender, feed) = SourceFeed::new();
    sender.add(stalling.candidate()).await;
    let handle = friend.fetch(dir.path(), blob.blob(), feed);
    stalling.asked.notified().await;
    sender.add(honest.candidate(false)).await;
    let report = tokio::time::timeout(Duration::from_secs(60), handle.wait())
        .await
        .expect("in time")
        .expect("fetched");
    assert!(friend.got(&blob) && report.banned.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_second_frame() {
    let seed = player(Role::Seed);
    for hello in [
        Control::Ticket("x".into()).encode(),
        Control::Hello {
            version: VERSION,
            agent: "x".into(),
            max_inflight: 1,
            seed: false,
            ticket: "bad/x".into(),
        }
        .encode(),
        u32::MAX.to_le_bytes().to_vec(),
        2000u32.to_le_bytes().to_vec(),
    ] {
        let end = hostile::first_words(&seed, &hello).await;
        assert!(matches!(end, quinn::ConnectionError::ApplicationClosed(_)), "{end}");
    }
    assert_eq!(seed.node.stats().connections, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_compresses_travels_packed_off_the_lan() {
    // 4 MiB at 64 KiB a second would take a minute.
    let slow = RateLimits { up: Some(64 << 10), down: None, limit_lan: false };
    let (friend, other) = (far_player(Role::Friend, slow), far_player(Role::Friend, RateLimits::default()));
    let blob = MemoryBlob::new(vec![7; 4 * MIB]);
    friend.shelf.put(&blob);
    let dir = tempfile::tempdir().expect("dir");
    let handle = other.fetch(dir.path(), blob.blob(), SourceFeed::of([friend.candidate(false)]));
    let report = tokio::time::timeout(Duration::from_secs(40), handle.wait())
        .await
        .expect("in time")
        .expect("fetched");
    assert!(other.got(&blob));
    assert_eq!(report.bytes.internet, blob.blob().size);
    // Four answers at least, each with a head, hashes and a few packed bytes.
    let wire = report.wire.internet;
    assert!(wire > 4 * AnswerHead::LEN as u64 && wire < blob.blob().size / 100, "{wire}");
    assert_eq!(report.wire.total(), wire);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_lan_the_wire_takes_the_content_and_its_proofs() {
    let (friend, other) = (player(Role::Friend), player(Role::Friend));
    let blob = MemoryBlob::new(noise(3 * MIB, 5));
    friend.shelf.put(&blob);
    let dir = tempfile::tempdir().expect("dir");
    let handle = other.fetch(dir.path(), blob.blob(), SourceFeed::of([friend.candidate(false)]));
    let report = handle.wait().await.expect("fetched");
    let (content, wire) = (report.bytes.lan, report.wire.lan);
    assert_eq!(content, blob.blob().size);
    // Each piece comes with a head and four pairs of hashes or a few more; duplicates may come on top.
    assert!(wire > content + 3 * AnswerHead::LEN as u64, "{wire}");
    assert!(wire - report.wasted < content + 3 * 2048, "{wire} {}", report.wasted);
}

#[test]
fn the_largest_proof_fits_the_wire() {
    let proof = bao::proof(mist_proto::limits::MAX_BLOB, 0, 4);
    assert!(proof.len() <= mist_proto::limits::MAX_PARENTS_PER_ANSWER);
}

/// Peers that talk the protocol and do not keep it.
mod hostile {
    use std::{net::SocketAddr, sync::Arc};

    use libp2p_identity::{Keypair, PeerId};
    use mist_peer::{Candidate, Origin};
    use mist_proto::{
        BlobId,
        ids::PeerName,
        wire::{ALPN, AnswerHead, Codec, Control, Request, Status, VERSION},
    };
    use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
    use tokio::sync::Notify;

    use crate::lab::{Player, SCOPE};

    /// What it answers to requests.
    #[derive(Clone, Copy, PartialEq)]
    pub(crate) enum Answers {
        /// Zeros instead of the bytes.
        Altered,
        /// Nothing at all.
        Nothing,
    }

    pub(crate) struct Hostile {
        pub(crate) name: PeerName,
        pub(crate) asked: Arc<Notify>,
        addr: SocketAddr,
        _endpoint: quinn::Endpoint,
    }

    impl Hostile {
        pub(crate) fn candidate(&self) -> Candidate {
            let (peer, addrs) = (self.name.clone(), vec![self.addr]);
            Candidate::Peer { peer, addrs, origin: Origin::Own, seed: false }
        }
    }

    /// A peer that claims to have all of `blob`.
    pub(crate) async fn serve(blob: BlobId, answers: Answers) -> Hostile {
        let keypair = Keypair::generate_ed25519();
        let name: PeerName = keypair.public().to_peer_id().to_base58().parse().expect("name");
        let mut tls = libp2p_tls::make_server_config(&keypair).expect("tls");
        tls.alpn_protocols = vec![ALPN.to_vec()];
        let config =
            quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).expect("tls")));
        let endpoint = quinn::Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("endpoint");
        let (addr, asked) = (endpoint.local_addr().expect("addr"), Arc::new(Notify::new()));
        let (accepting, ticket, ask) = (endpoint.clone(), format!("{name}/{SCOPE}"), asked.clone());
        tokio::spawn(async move {
            while let Some(incoming) = accepting.accept().await {
                let Ok(connection) = incoming.await else { continue };
                tokio::spawn(talk(connection, blob, answers, ticket.clone(), ask.clone()));
            }
        });
        Hostile { name, asked, addr, _endpoint: endpoint }
    }

    async fn frame(recv: &mut quinn::RecvStream) -> Option<Vec<u8>> {
        let mut len = [0; 4];
        recv.read_exact(&mut len).await.ok()?;
        let mut body = vec![0; u32::from_le_bytes(len) as usize];
        recv.read_exact(&mut body).await.ok()?;
        Some(body)
    }

    async fn talk(
        connection: quinn::Connection,
        blob: BlobId,
        answers: Answers,
        ticket: String,
        asked: Arc<Notify>,
    ) -> Option<()> {
        let (mut send, mut recv) = connection.accept_bi().await.ok()?;
        frame(&mut recv).await?;
        let hello =
            Control::Hello { version: VERSION, agent: "liar".into(), max_inflight: 64, seed: false, ticket };
        send.write_all(&hello.encode()).await.ok()?;
        tokio::spawn(async move {
            while let Some(body) = frame(&mut recv).await {
                if let Ok(Control::Subscribe { channel, .. }) = Control::decode(&body) {
                    send.write_all(&Control::HaveAll(channel).encode()).await.ok()?;
                }
            }
            Some(())
        });
        loop {
            let (mut send, mut recv) = connection.accept_bi().await.ok()?;
            let asked = asked.clone();
            tokio::spawn(async move {
                let request = Request::decode(&frame(&mut recv).await?).ok()?;
                asked.notify_one();
                if answers == Answers::Nothing {
                    // Holds the stream open until the peer gives up.
                    return send.stopped().await.ok().map(|_| ());
                }
                let parents =
                    mist_peer::bao::proof(blob.size, request.first_group, request.groups.into()).len();
                let len = request.byte_range().1;
                let head = AnswerHead {
                    status: Status::Ok,
                    parents: u16::try_from(parents).ok()?,
                    codec: Codec::Raw,
                    payload: u32::try_from(len).ok()?,
                };
                send.write_all(&head.encode()).await.ok()?;
                send.write_all(&vec![0; parents * 64 + usize::try_from(len).ok()?]).await.ok()?;
                send.finish().ok()
            });
        }
    }

    /// Connects with a good certificate and sends `bytes` where the hello belongs; returns how it ends.
    pub(crate) async fn first_words(to: &Player, bytes: &[u8]) -> quinn::ConnectionError {
        let peer: PeerId = to.node.peer_name().as_str().parse().expect("peer id");
        let mut tls = libp2p_tls::make_client_config(&Keypair::generate_ed25519(), Some(peer)).expect("tls");
        tls.alpn_protocols = vec![ALPN.to_vec()];
        let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("tls")));
        let endpoint = quinn::Endpoint::client(([127, 0, 0, 1], 0).into()).expect("endpoint");
        let addr = to.node.addresses()[0];
        let connection = endpoint.connect_with(config, addr, "mist").expect("dial").await.expect("handshake");
        let (mut send, _recv) = connection.open_bi().await.expect("stream");
        send.write_all(bytes).await.expect("write");
        connection.closed().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_asks_only_whom_it_names_and_serves_nothing_of_it() {
    let [seed, asker] = [player(Role::Seed), player(Role::Seed)];
    let [friend, other] = [player(Role::Friend), player(Role::Friend)];
    let (before, blob) = (MemoryBlob::new(noise(10, 1)), MemoryBlob::new(noise(3 * MIB, 2)));
    seed.shelf.put(&before);
    seed.shelf.put(&blob);
    let dirs = [(); 4].map(|()| tempfile::tempdir().expect("dir"));
    // Now it has a link to somebody who has the blob.
    let linked = asker.fetch(dirs[0].path(), before.blob(), SourceFeed::of([seed.candidate(true)]));
    linked.wait().await.expect("fetched");
    asker.shelf.put(&blob);
    let order = |probe, dir: &std::path::Path| Fetch {
        scope: SCOPE.into(),
        blob: blob.blob(),
        want: None,
        partial: PartialBlob::open(dir, blob.blob()).expect("partial"),
        sink: asker.bucket.clone(),
        sources: SourceFeed::of([friend.candidate(false)]),
        probe,
    };
    let probing = asker.node.fetch(order(true, dirs[1].path()));
    let served = other.fetch(dirs[2].path(), blob.blob(), SourceFeed::of([asker.candidate(true)]));
    served.wait().await.expect("it has the blob all the same");
    assert!(other.got(&blob));
    assert!(
        matches!(probing.wait().await, Err(FetchError::NoSources { missing: 12, .. })),
        "the friend has nothing"
    );
    let joined =
        asker.node.fetch(order(false, dirs[3].path())).wait().await.expect("by the link that there is");
    assert_eq!(joined.bytes.total(), blob.blob().size);
}
