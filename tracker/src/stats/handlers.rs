//! Routes about how things are.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::{
    http::{ScrubAsked, Seal, Stats, StoreOrders, StoreStats, route},
    limits::MAX_ROTTEN,
};

use super::{Overview, claims, count, heal, seal};
use crate::{
    audit,
    auth::caller::Caller,
    db,
    error::{Answer, Problem},
    http::{
        json::Body,
        routes::{OrNothing, Routes},
    },
    shared::{stores::Word, wake},
};

/// Longest public address of a seed, in bytes.
const MAX_URL: usize = 500;
/// Longest description of a store's trouble, in characters.
const MAX_PROBLEM: usize = 500;

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Overview: FromRef<S>,
{
    Routes::default()
        .on(route::GetStats, stats)
        .on(route::GetSeal, seal_of)
        .on(route::ReportStore, seed_status)
        .on(route::ScrubStores, scrub_stores)
}

/// Everything that the operator sees at a glance.
async fn stats(State(overview): State<Overview>) -> Answer<Json<Stats>> {
    count::overview(&overview).await.map(|(stats, _)| Json(stats))
}

/// What friends trust.
async fn seal_of(State(overview): State<Overview>) -> Answer<Json<Seal>> {
    seal::read(&overview).await.map(Json)
}

/// A seed's word about its store.
async fn seed_status(
    State(overview): State<Overview>,
    caller: Caller,
    Body(body): Body<StoreStats>,
) -> Answer<OrNothing<StoreOrders>> {
    let url = body.public_url.as_deref().map(|u| u.trim_end_matches('/').to_owned());
    let is_http = |u: &String| u.starts_with("https://") || u.starts_with("http://");
    if url.as_ref().is_some_and(|u| u.len() > MAX_URL || !is_http(u)) {
        return Err(Problem::invalid("bad_url", "a seed's public address begins with https:// or http://"));
    }
    let now = overview.records.now();
    let problem = body.problem.map(|p| p.chars().take(MAX_PROBLEM).collect());
    let mut rotten = body.rotten;
    rotten.truncate(MAX_ROTTEN);
    let mut tx = overview.records.write().await?;
    db::seeds::seen(&mut tx, &caller.id, url.as_deref(), now).await?;
    let orders = StoreOrders { scrub_asked: db::seeds::scrub_asked(&mut tx, &caller.id).await? };
    let is_healing = heal::begin(&overview, &mut tx, &caller.id, &rotten).await?;
    tx.commit().await?;
    if is_healing {
        wake::wake(&*overview.wake).await;
    }
    // A seed speaks for itself only.
    let stats = StoreStats { seed: caller.id, problem, public_url: url, rotten, ..body };
    claims::note(&overview, Word { stats, at: now }).await?;
    Ok(OrNothing((orders != StoreOrders::default()).then_some(orders)))
}

/// Every seed scrubs its store now.
async fn scrub_stores(State(overview): State<Overview>, caller: Caller) -> Answer<Json<ScrubAsked>> {
    let mint = overview.records.mint();
    let mut tx = overview.records.write().await?;
    db::seeds::ask_for_scrub(&mut tx, mint.now).await?;
    audit::note(&mut tx, mint, &caller, "store.scrub", "").await?;
    tx.commit().await?;
    Ok(Json(ScrubAsked { asked: mint.now }))
}
