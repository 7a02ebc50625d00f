//! How things are at this moment.

use std::sync::atomic::AtomicU64;

use mist_proto::http::{BytesBySource, SourceClass, Stats};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        info::Info,
    },
    registry::{Registry, Unit},
};

use crate::stats::trouble::{Trouble, TroubleKind};

/// One word that says which.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    source: &'static str,
}
/// A seed's id: as many as the operator has seeds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Seed {
    seed: String,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Program {
    version: &'static str,
}

type Whole<L> = Family<L, Gauge<u64, AtomicU64>>;

/// What was found when somebody asked.
pub(super) struct Found<'a> {
    /// What the operator sees; none if it could not be counted in time.
    pub(super) stats: Option<&'a (Stats, Vec<Trouble>)>,
    /// Whether the database answers.
    pub(super) database: bool,
    /// Whether what replicas share is in reach.
    pub(super) shared: bool,
}

/// The same as figures. Pure.
pub(super) fn registry(found: &Found<'_>) -> Registry {
    let mut all = Registry::with_prefix("mist");
    all.register("tracker", "The program", Info::new(Program { version: env!("CARGO_PKG_VERSION") }));
    let mut one = |name: &str, help: &str, value: u64| all.register(name, help, ConstGauge::new(value));
    one("database_up", "Whether the database answers", found.database.into());
    one(
        "shared_up",
        "Whether what replicas share (Redis) answers; always, if it is in memory",
        found.shared.into(),
    );
    let Some((stats, troubles)) = found.stats else { return all };
    one("healthy", "Whether nothing needs the operator", stats.health.ok.into());
    one("games", "Games", stats.games.len() as u64);
    let missing = stats.games.iter().filter(|g| g.live.is_some() && g.copies < 1.0).count();
    one("games_short", "Games of whose live build there is no whole copy online", missing as u64);
    all.register_with_unit(
        "uptime",
        "Since this process began",
        Unit::Seconds,
        ConstGauge::new(stats.uptime),
    );

    let wrong = Whole::<Kind>::default();
    for kind in TroubleKind::ALL {
        let n = troubles.iter().filter(|t| t.kind == kind).count();
        wrong.get_or_create(&Kind { kind: kind.word() }).set(n as u64);
    }
    all.register("troubles", "What needs the operator, by kind: see `tracker stats`", wrong);

    let peers = Whole::<Kind>::default();
    peers.get_or_create(&Kind { kind: "friend" }).set(stats.swarm.peers);
    peers.get_or_create(&Kind { kind: "seed" }).set(stats.swarm.seeds);
    all.register("peers", "Who is online", peers);

    let jobs = Whole::<State>::default();
    let counts = stats.jobs;
    for (state, n) in [
        ("queued", counts.queued),
        ("running", counts.running),
        ("failed", counts.failed),
        ("done", counts.done),
    ] {
        jobs.get_or_create(&State { state }).set(n);
    }
    all.register("jobs", "Jobs; those that are done for 30 days", jobs);

    received(&mut all, "received", "Content that friends received", &stats.bytes);
    received(&mut all, "received_wire", "What came over the network for it", &stats.wire);

    let (ok, used, free, rotten) = <(Whole<Seed>, Whole<Seed>, Whole<Seed>, Whole<Seed>)>::default();
    for store in &stats.stores {
        let seed = Seed { seed: store.seed.clone() };
        ok.get_or_create(&seed).set(store.ok.into());
        used.get_or_create(&seed).set(store.used);
        free.get_or_create(&seed).set(store.free);
        rotten.get_or_create(&seed).set(store.rotten.len() as u64);
    }
    all.register("store_ok", "Whether the seed's store is there and can be written to", ok);
    all.register_with_unit("store_used", "What the seed's store takes", Unit::Bytes, used);
    all.register_with_unit("store_free", "Room on the disk of the seed's store", Unit::Bytes, free);
    all.register("store_rotten_builds", "Builds in the seed's store that rot", rotten);
    all
}

fn received(all: &mut Registry, name: &str, help: &str, bytes: &BytesBySource) {
    let by_source = Family::<Source, Counter>::default();
    for class in SourceClass::ALL {
        by_source.get_or_create(&Source { source: class.as_str() }).inc_by(bytes.get(class));
    }
    all.register_with_unit(name, help, Unit::Bytes, by_source);
}
