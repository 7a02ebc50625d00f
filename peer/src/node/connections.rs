//! The connections of a node: dialing, accepting, and looking after them.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream::FuturesUnordered};
use mist_proto::{http::SourceClass, ids::PeerName, wire::ByeCode};
use quinn::Endpoint;
use tokio::{sync::Semaphore, time::timeout};
use tracing::debug;

use super::{Change, KEEP_OPEN, Shared, lock};
use crate::{
    link::{ControlStream, Link, LinkError},
    session, tls,
};

/// Connections at once, and handshakes under way at once.
const MAX_LINKS: usize = 512;
const MAX_HANDSHAKES: usize = 64;
/// How often connections are looked after: tickets renewed, denied peers closed, idle connections ended.
const ROUND: Duration = Duration::from_secs(5);
/// How often the tickets that peers have shown are checked again, which takes some arithmetic.
const RECHECK: Duration = Duration::from_secs(30);
/// Delay before the next address of a peer is tried beside those that have not answered.
const STAGGER: Duration = Duration::from_millis(250);
/// How long a dial may take.
const DIAL: Duration = Duration::from_secs(4);

impl Shared {
    /// Open connections to peers that may ask for `scope`.
    pub(crate) fn links_of_scope(&self, scope: &str) -> Vec<Arc<Link>> {
        lock(&self.links).iter().filter(|l| l.is_open() && l.may_ask(self, scope)).cloned().collect()
    }

    fn link_to(&self, peer: &PeerName) -> Option<Arc<Link>> {
        lock(&self.links).iter().find(|l| l.is_open() && l.peer() == peer).cloned()
    }

    /// A connection to `peer` that has shown, or is vouched, to belong to `scope`: an open one, or a new one.
    pub(crate) async fn connect(
        self: &Arc<Self>,
        peer: &PeerName,
        addrs: &[SocketAddr],
        scope: &str,
        vouched: bool,
    ) -> Result<Arc<Link>, LinkError> {
        if self.is_unwelcome(peer) {
            return Err(LinkError::Refused);
        }
        let dial_lock = lock(&self.dialing).entry(peer.clone()).or_default().clone();
        let guard = dial_lock.lock().await;
        let outcome = match self.link_to(peer) {
            Some(link) => Ok(link),
            None => self.dial(peer, addrs, scope, vouched).await,
        };
        drop(guard);
        let mut dialing = lock(&self.dialing);
        // Nobody else waits if this handle and the table's are the only ones.
        if Arc::strong_count(&dial_lock) <= 2 {
            dialing.remove(peer);
        }
        outcome
    }

    async fn dial(
        self: &Arc<Self>,
        peer: &PeerName,
        addrs: &[SocketAddr],
        scope: &str,
        vouched: bool,
    ) -> Result<Arc<Link>, LinkError> {
        let config = tls::client_config(&self.identity, peer).map_err(|e| LinkError::Dial(e.to_string()))?;
        // Who is in the same network and in a Tailnet too is met without the detour.
        let mut nearest_first: Vec<_> = addrs.iter().map(|&addr| (self.class_of(addr.ip()), addr)).collect();
        nearest_first.sort_by_key(|(class, _)| *class);
        let mut dials: FuturesUnordered<_> = (0..)
            .zip(nearest_first)
            .map(|(i, (class, addr))| {
                let mut config = config.clone();
                async move {
                    config.transport_config(tls::dial_transport(class, &self.control));
                    tokio::time::sleep(STAGGER * i).await;
                    let endpoint = self.endpoint_for(addr).ok_or(LinkError::NoAddress)?;
                    // The name is not looked at: the certificate proves the peer id.
                    let connecting = endpoint
                        .connect_with(config, addr, "mist")
                        .map_err(|e| LinkError::Dial(e.to_string()))?;
                    Ok::<_, LinkError>((timeout(DIAL, connecting).await??, class))
                }
            })
            .collect();
        let mut last = LinkError::NoAddress;
        while let Some(outcome) = dials.next().await {
            match outcome {
                Ok((connection, class)) => {
                    let dialed = Link::dialed(self, connection.clone(), class, scope, vouched);
                    let outcome = timeout(DIAL, dialed).await;
                    let (link, control) = outcome.unwrap_or_else(|e| Err(e.into())).inspect_err(|e| {
                        connection.close((e.bye() as u32).into(), b"");
                    })?;
                    self.run_link(link.clone(), control);
                    return Ok(link);
                }
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    fn endpoint_for(&self, addr: SocketAddr) -> Option<Endpoint> {
        let serves = |e: &&Endpoint| e.local_addr().is_ok_and(|own| own.is_ipv4() == addr.is_ipv4());
        let dual = |e: &&Endpoint| e.local_addr().is_ok_and(|own| own.is_ipv6() && own.ip().is_unspecified());
        let endpoints = lock(&self.endpoints);
        endpoints.iter().find(serves).or_else(|| endpoints.iter().find(dual)).cloned()
    }

    /// Runs a connection after its hellos.
    fn run_link(self: &Arc<Self>, link: Arc<Link>, control: ControlStream) {
        debug!(peer = %link.peer(), ip = %link.ip(), "connected");
        self.note_met(&link);
        lock(&self.links).push(link.clone());
        let node = self.clone();
        self.tasks.spawn(async move {
            session::run(node.clone(), link.clone(), control).await;
            lock(&node.links).retain(|l| l.id() != link.id());
        });
    }

    pub(super) async fn accept_from(self: Arc<Self>, endpoint: Endpoint) {
        let handshakes = Arc::new(Semaphore::new(MAX_HANDSHAKES));
        loop {
            let incoming = tokio::select! {
                incoming = endpoint.accept() => incoming,
                () = self.stop.cancelled() => return,
            };
            let Some(incoming) = incoming else { return };
            let permit = handshakes.clone().try_acquire_owned();
            let open = !self.draining.is_cancelled() && lock(&self.links).len() < MAX_LINKS;
            let (Ok(permit), true) = (permit, open) else {
                incoming.refuse();
                continue;
            };
            // Under load, only addresses that are proved to exist get any state.
            if handshakes.available_permits() < MAX_HANDSHAKES / 2 && !incoming.remote_address_validated() {
                // It can't fail: the address is not validated.
                let _ = incoming.retry();
                continue;
            }
            let mut config = self.accepting.clone();
            let class = self.class_of(incoming.remote_address().ip());
            config.transport_config(tls::stranger_transport(class, &self.control));
            let node = self.clone();
            self.tasks.spawn(async move {
                let handshake = async {
                    let connection = timeout(DIAL, incoming.accept_with(Arc::new(config))?).await??;
                    Link::accepted(&node, connection.clone(), class).await.inspect_err(|e| {
                        connection.close((e.bye() as u32).into(), b"");
                    })
                };
                match handshake.await {
                    Ok((link, control)) => node.run_link(link, control),
                    Err(e) => debug!(error = %e, "a connection was not admitted"),
                }
                drop(permit);
            });
        }
    }

    /// Looks after connections until the node stops.
    pub(super) async fn look_after_links(self: Arc<Self>) {
        let mut idle: HashSet<u64> = HashSet::new();
        let mut rechecked = Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                () = self.stop.cancelled() => return,
            }
            if rechecked.elapsed() >= RECHECK {
                rechecked = Instant::now();
                self.recheck_links();
            }
            self.close_unwelcome();
            lock(&self.opened).retain(|_, (since, _)| since.elapsed() < KEEP_OPEN);
            let links = lock(&self.links).clone();
            let now_idle: HashSet<u64> = links.iter().filter(|l| !l.is_in_use()).map(|l| l.id()).collect();
            for link in links {
                // Idle twice in a row: nobody is about to use it.
                let is_idle = idle.contains(&link.id()) && now_idle.contains(&link.id());
                // One of the two machines moved out of the other's network. The connection has the congestion control of
                // a LAN for good: whoever needs it dials again.
                let is_away =
                    link.network() == SourceClass::Lan && self.class_of(link.ip()) != SourceClass::Lan;
                if is_idle || is_away {
                    link.close(ByeCode::Done);
                } else {
                    // A peer that does not take its frames must not hold up the round.
                    let _ = timeout(ROUND, link.renew_tickets(&self)).await;
                }
            }
            idle = now_idle;
        }
    }

    /// Ends what the admission no longer allows: connections to peers on the deny-list, scopes whose tickets no longer count,
    /// and connections to peers that may ask for nothing any more.
    pub(super) fn recheck_links(&self) {
        self.close_unwelcome();
        let links = lock(&self.links).clone();
        for link in links.iter().filter(|link| link.is_open()) {
            let closed = link.recheck_tickets(self);
            if !closed.is_empty() && !link.has_scopes() {
                link.close(ByeCode::Denied);
            }
            for scope in closed {
                // Without a connection there is nobody to tell.
                let _ = self.changes.send(Change::ScopeClosed { link: link.id(), scope });
            }
        }
    }

    fn close_unwelcome(&self) {
        let links = lock(&self.links).clone();
        links.iter().filter(|l| self.is_unwelcome(l.peer())).for_each(|l| l.close(ByeCode::Denied));
    }
}
