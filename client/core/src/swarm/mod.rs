//! This client in the swarm: one node that serves what is installed and fetches what is wanted.

mod admission;
mod fetch;
mod manifests;
mod shelf;
mod sources;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mist_peer::{Identity, Node, NodeConfig, PartialBlob, RateLimits, Role, SystemInterfaces, TrafficRates};
use mist_proto::{
    Hash, Slug,
    http::{Announce, Holding, Moving},
};
use tokio::{sync::Notify, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    admission::TicketCheck,
    fetch::{FetchFailed, Fetched, Moved, Order},
    shelf::Shelf,
};
use crate::{
    account::Account,
    address_book::AddressBook,
    catalogue::Catalogue,
    error::Error,
    events::{Event, Events},
    random::random_id,
};

/// Between announcements until the tracker says otherwise, and between attempts while it can't be reached.
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(10);
/// Between refreshes of the deny-list: a disabled friend is shut out within twice this time.
const DENY_INTERVAL: Duration = Duration::from_secs(30);
/// Between refreshes of the tickets, which live for a day.
const TICKET_INTERVAL: Duration = Duration::from_secs(3600);
/// Between looks at the library's folders, which may be moved, changed or unplugged.
const RELOAD_INTERVAL: Duration = Duration::from_secs(2);
/// How long the tracker is waited for when this client leaves.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the swarm needs of the signed-in server.
#[derive(Clone)]
pub(crate) struct Membership {
    pub(crate) account: Arc<Account>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) book: Arc<AddressBook>,
    pub(crate) admission: Arc<TicketCheck>,
}

/// A running node and the tasks around it. End it with [`Swarm::drain`] and [`Swarm::leave`].
pub(crate) struct Swarm {
    node: Node,
    member: Membership,
    shelf: Arc<Shelf>,
    events: Events,
    /// Random id of this run.
    session: String,
    /// Transfers under way, which are served as far as they are.
    running: Mutex<BTreeMap<(Slug, Hash), PartialBlob>>,
    began: Instant,
    rates: Mutex<TrafficRates>,
    changed: Notify,
    stop: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Swarm {
    /// Starts a node and tells the tracker of it.
    pub(crate) fn join(
        identity: Identity,
        member: Membership,
        shelf: Arc<Shelf>,
        limits: RateLimits,
        lan_discovery: bool,
        events: Events,
    ) -> Result<Arc<Self>, Error> {
        member.admission.set_tickets(member.catalogue.tickets()?);
        member.admission.set_deny_list(member.catalogue.deny_list()?);
        shelf.reload()?;
        let node = Node::start(NodeConfig {
            identity,
            listen: vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))],
            lan_discovery,
            role: Role::Friend,
            blobs: shelf.clone(),
            admission: member.admission.clone(),
            limits,
            interfaces: Arc::new(SystemInterfaces),
        })?;
        let this = Arc::new(Self {
            node,
            member,
            shelf,
            events,
            session: random_id(),
            running: Mutex::default(),
            began: Instant::now(),
            rates: Mutex::default(),
            changed: Notify::new(),
            stop: CancellationToken::new(),
            tasks: Mutex::default(),
        });
        let tasks = [
            tokio::spawn(this.clone().until_stopped(Self::keep_announcing)),
            tokio::spawn(this.clone().until_stopped(Self::keep_deny_list)),
            tokio::spawn(this.clone().until_stopped(Self::keep_tickets)),
            tokio::spawn(this.clone().until_stopped(Self::keep_shelf)),
        ];
        crate::sync::lock(&this.tasks).extend(tasks);
        Ok(this)
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Serves nothing any more, and lets end what friends are fetching, for at most [`Node::DRAIN`]. To be called before
    /// [`Self::leave`] where there is time for it. Dropping the future ends the waiting only.
    pub(crate) async fn drain(&self) {
        self.say_farewell().await;
        self.node.drain(Node::DRAIN).await;
    }

    /// Ends all transfers, tells the tracker, and lets go of the sockets. The same identity may join again afterwards.
    pub(crate) async fn leave(&self) {
        self.say_farewell().await;
        self.node.shutdown().await;
    }

    /// Ends the tasks and tells the tracker, so that it sends nobody here any more. Does nothing the second time.
    async fn say_farewell(&self) {
        if self.stop.is_cancelled() {
            return;
        }
        self.stop.cancel();
        let tasks = std::mem::take(&mut *crate::sync::lock(&self.tasks));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the node failed");
            }
        }
        let farewell = self.announcement(true);
        match timeout(FAREWELL, self.member.account.announce(&farewell)).await {
            Ok(Ok(_)) => {}
            // It notices by itself after a while.
            _ => tracing::debug!("the server was not told that this client leaves"),
        }
    }

    async fn until_stopped<F: Future<Output = ()>>(self: Arc<Self>, run: impl FnOnce(Arc<Self>) -> F) {
        let stop = self.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = run(self) => {}
        }
    }

    fn announcement(&self, leaving: bool) -> Announce {
        let mut holdings = if leaving { Vec::new() } else { self.shelf.holdings() };
        if !leaving {
            for ((game, _), partial) in crate::sync::lock(&self.running).iter() {
                let have = partial.have();
                holdings.push(Holding {
                    game: game.clone(),
                    blob: partial.blob(),
                    pieces: have.count(),
                    complete: have.is_complete(),
                });
            }
        }
        Announce {
            peer: self.node.peer_name().clone(),
            session: self.session.clone(),
            addresses: self.node.addresses().into_iter().take(16).collect(),
            holdings,
            moving: if leaving { Vec::new() } else { self.moving() },
            leaving,
        }
    }

    fn moving(&self) -> Vec<Moving> {
        crate::sync::lock(&self.rates).moving(self.began.elapsed(), &self.node.stats())
    }

    async fn keep_announcing(self: Arc<Self>) {
        let mut known = None;
        loop {
            let announced = self.member.account.announce(&self.announcement(false)).await;
            let wait = match &announced {
                Ok(answer) => Duration::from_secs(answer.interval.clamp(1, 600)),
                Err(error) => {
                    tracing::debug!(%error, "not announced");
                    ANNOUNCE_INTERVAL
                }
            };
            let now = (self.shelf.builds(), announced.is_ok());
            if known.as_ref() != Some(&now) {
                self.events.send(Event::Serving { games: now.0.clone(), announced: now.1 });
                known = Some(now);
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    async fn keep_deny_list(self: Arc<Self>) {
        loop {
            match self.member.account.deny_list().await {
                Ok(list) => {
                    if let Err(error) = self.member.catalogue.keep_deny_list(&list) {
                        tracing::warn!(%error, "the deny-list is not kept");
                    }
                    self.member.admission.set_deny_list(list);
                    self.node.recheck_peers();
                }
                Err(error) => tracing::debug!(%error, "no deny-list"),
            }
            tokio::time::sleep(DENY_INTERVAL).await;
        }
    }

    async fn keep_tickets(self: Arc<Self>) {
        loop {
            tokio::time::sleep(TICKET_INTERVAL).await;
            match self.member.account.tickets(self.node.peer_name()).await {
                Ok(list) => {
                    if let Err(error) = self.member.catalogue.keep_tickets(&list.tickets) {
                        tracing::warn!(%error, "tickets are not kept");
                    }
                    self.member.admission.set_tickets(list.tickets);
                }
                Err(error) => tracing::debug!(%error, "no tickets"),
            }
        }
    }

    async fn keep_shelf(self: Arc<Self>) {
        loop {
            tokio::time::sleep(RELOAD_INTERVAL).await;
            self.reload_shelf().await;
        }
    }

    /// Other limits count from now on.
    pub(crate) fn set_limits(&self, limits: RateLimits) {
        self.node.set_limits(limits);
    }

    /// Notices what was done to the games, by this process or to their folders.
    pub(crate) async fn reload_shelf(&self) {
        let shelf = self.shelf.clone();
        match tokio::task::spawn_blocking(move || shelf.reload()).await {
            Ok(Ok(changed)) if !changed.is_empty() => {
                for (game, hash) in changed {
                    self.node.refresh(game.as_str(), &hash);
                }
                self.changed.notify_one();
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the library can't be read"),
            Err(error) => tracing::error!(%error, "looking at the library failed"),
        }
    }
}
