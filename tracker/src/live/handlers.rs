//! Routes about settings.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::http::{ServerSettings, SetSetting, route};

use super::{LiveSettings, change};
use crate::{
    auth::caller::Caller,
    error::Answer,
    http::{
        json::{Body, InPath},
        routes::Routes,
    },
    records::Records,
};

/// What looking at settings, and changing them, takes.
#[derive(Clone)]
pub struct Changing {
    pub(crate) records: Records,
    pub(crate) live: Arc<LiveSettings>,
}

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Changing: FromRef<S>,
{
    Routes::default()
        .on(route::GetSettings, settings)
        .on(route::ChangeSetting, change)
        .on(route::ResetSetting, reset)
}

/// The settings in force.
async fn settings(State(changing): State<Changing>) -> Answer<Json<ServerSettings>> {
    Ok(Json(changing.live.described()))
}

/// Change a setting that may change while the server runs.
async fn change(
    State(changing): State<Changing>,
    caller: Caller,
    InPath(name): InPath<String>,
    Body(body): Body<SetSetting>,
) -> Answer<Json<ServerSettings>> {
    change::set(&changing, &caller, &name, &body.value).await.map(Json)
}

/// Let the default of a setting count again.
async fn reset(
    State(changing): State<Changing>,
    caller: Caller,
    InPath(name): InPath<String>,
) -> Answer<Json<ServerSettings>> {
    change::reset(&changing, &caller, &name).await.map(Json)
}
