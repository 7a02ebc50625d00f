//! Routes about how things are.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::{
    http::{Seal, Stats, StoreStats, route},
    limits::MAX_ROTTEN,
};

use super::{Overview, count, seal};
use crate::{
    auth::caller::Caller,
    db,
    error::{Answer, Problem},
    http::{json::Body, routes::Routes},
    shared::stores::Word,
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
) -> Answer<()> {
    let url = body.public_url.as_deref().map(|u| u.trim_end_matches('/').to_owned());
    let is_http = |u: &String| u.starts_with("https://") || u.starts_with("http://");
    if url.as_ref().is_some_and(|u| u.len() > MAX_URL || !is_http(u)) {
        return Err(Problem::invalid("bad_url", "a seed's public address begins with https:// or http://"));
    }
    let now = overview.records.now();
    let mut tx = overview.records.write().await?;
    db::seeds::seen(&mut tx, &caller.id, url.as_deref(), now).await?;
    tx.commit().await?;
    let problem = body.problem.map(|p| p.chars().take(MAX_PROBLEM).collect());
    let mut rotten = body.rotten;
    rotten.truncate(MAX_ROTTEN);
    // A seed speaks for itself only.
    let stats = StoreStats { seed: caller.id, problem, public_url: url, rotten, ..body };
    overview.stores.note(Word { stats, at: now }).await?;
    Ok(())
}
