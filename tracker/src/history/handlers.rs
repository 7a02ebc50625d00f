//! Routes about what was.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::http::{History, HistoryQuery, route};

use super::{LookingBack, read};
use crate::{
    error::Answer,
    http::{json::InQuery, routes::Routes},
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    LookingBack: FromRef<S>,
{
    Routes::default().on(route::GetHistory, history)
}

/// What friends received, who was online and what stores took, over time.
async fn history(
    State(looking): State<LookingBack>,
    InQuery(query): InQuery<HistoryQuery>,
) -> Answer<Json<History>> {
    read::read(&looking, &query).await.map(Json)
}
