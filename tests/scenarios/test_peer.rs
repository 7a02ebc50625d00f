//! A node of the swarm that shows the ticket that the test wants.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use anyhow::{Context, Result};
use mist_peer::{
    Admission, Admitted, BlobSink, Blobs, Candidate, Fetch, FetchError, FetchHandle, Identity, Node,
    NodeConfig, Origin, PartialBlob, RateLimits, Role, ServedBlob, SourceFeed, SystemInterfaces,
};
use mist_proto::{
    BlobId, Hash, UnixMillis,
    http::{Device, NewDevice, SwarmPeer, TicketList, TicketsRequest},
    ids::PeerName,
};
use mist_system_tests::Scene;
use reqwest::Method;
use serde_json::to_value;

use crate::api::Api;

/// A peer whose device and tickets are registered, for the account of an [`Api`].
pub(crate) struct TestPeer<'a> {
    api: &'a Api,
    node: Node,
}

/// Lets everybody in, and shows one and the same ticket wherever it knocks.
struct OneTicket {
    scope: String,
    ticket: String,
}

impl Admission for OneTicket {
    fn admit(&self, _: &PeerName, _: &str) -> Option<Admitted> {
        Some(Admitted { scope: self.scope.clone(), expires: self.now().plus_millis(3_600_000) })
    }

    fn ticket_for(&self, _: &str) -> Option<String> {
        Some(self.ticket.clone())
    }

    fn denied(&self, _: &PeerName) -> bool {
        false
    }

    fn now(&self) -> UnixMillis {
        SystemTime::now().into()
    }
}

/// It only takes.
struct Nothing;

impl Blobs for Nothing {
    fn open(&self, _: &str, _: &Hash) -> Option<Arc<dyn ServedBlob>> {
        None
    }
}

impl<'a> TestPeer<'a> {
    /// A node that shows the account's ticket for `game`.
    pub(crate) fn start(api: &'a Api, game: &str) -> Result<Self> {
        Self::start_with(api, game, RateLimits::default())
    }

    /// The same with limits.
    pub(crate) fn start_with(api: &'a Api, game: &str, limits: RateLimits) -> Result<Self> {
        let identity = Identity::generate();
        let tickets = register(api, &identity)?;
        let ticket = tickets.tickets.into_iter().find(|t| t.game.as_str() == game);
        let ticket = ticket.with_context(|| format!("no ticket for {game}"))?.token;
        let config = NodeConfig {
            identity,
            listen: vec![([127, 0, 0, 1], 0).into()],
            lan_discovery: false,
            role: Role::Friend,
            blobs: Arc::new(Nothing),
            admission: Arc::new(OneTicket { scope: game.into(), ticket }),
            limits,
            interfaces: Arc::new(SystemInterfaces),
        };
        let _inside = api.runtime().enter();
        Ok(Self { api, node: Node::start(config)? })
    }

    /// The tickets that the account gets for a new device.
    pub(crate) fn tickets(api: &Api) -> Result<TicketList> {
        register(api, &Identity::generate())
    }

    /// Tries to fetch a blob of `scope` from the peers given, and from nobody else.
    pub(crate) fn fetch(
        &self,
        scene: &Scene,
        scope: &str,
        blob: BlobId,
        from: &[SwarmPeer],
    ) -> Result<Result<Vec<u8>, FetchError>> {
        let (handle, sink) = self.begin(scene, scope, blob, from)?;
        let _inside = self.api.runtime().enter();
        let result = self.api.runtime().block_on(handle.wait());
        Ok(result.map(|_| sink.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }

    /// Begins to fetch a blob, and leaves it at that.
    pub(crate) fn fetching(
        &self,
        scene: &Scene,
        scope: &str,
        blob: BlobId,
        from: &[SwarmPeer],
    ) -> Result<FetchHandle> {
        Ok(self.begin(scene, scope, blob, from)?.0)
    }

    /// Open connections.
    pub(crate) fn connections(&self) -> usize {
        self.node.stats().connections
    }

    fn begin(
        &self,
        scene: &Scene,
        scope: &str,
        blob: BlobId,
        from: &[SwarmPeer],
    ) -> Result<(FetchHandle, Arc<Memory>)> {
        let sink = Arc::new(Memory(Mutex::new(vec![0; usize::try_from(blob.size)?])));
        let candidates = from.iter().map(|p| Candidate::Peer {
            peer: p.peer.clone(),
            addrs: p.addresses.clone(),
            origin: Origin::Tracker,
            seed: p.seed,
        });
        let order = Fetch {
            scope: scope.into(),
            blob,
            want: None,
            partial: PartialBlob::open(&scene.folder("partial")?, blob)?,
            sink: sink.clone(),
            sources: SourceFeed::of(candidates),
            probe: false,
        };
        let _inside = self.api.runtime().enter();
        Ok((self.node.fetch(order), sink))
    }
}

fn register(api: &Api, identity: &Identity) -> Result<TicketList> {
    let peer = identity.peer_name().clone();
    let device = NewDevice { name: "test peer".into() };
    let _: Device = api.ask(Method::PUT, &format!("/devices/{peer}"), Some(to_value(device)?))?;
    api.ask(Method::POST, "/swarm/tickets", Some(to_value(TicketsRequest { peer })?))
}

/// Keeps what is fetched in memory.
struct Memory(Mutex<Vec<u8>>);

impl BlobSink for Memory {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(start..start + bytes.len()).ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buf.copy_from_slice(all.get(start..start + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
