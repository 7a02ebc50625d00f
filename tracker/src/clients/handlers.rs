//! Routes about packages of the client.

use axum::{
    Json,
    extract::{FromRef, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use mist_proto::{
    Hash,
    http::{ClientList, route},
};

use super::{Clients, packages};
use crate::{
    auth::caller::Caller,
    error::Answer,
    http::{
        json::{InPath, RawBody},
        routes::{Prepared, Routes},
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Clients: FromRef<S>,
{
    Routes::default()
        .on(route::ListClients, list)
        .on(route::GetClientPart, part)
        .on(route::PutClientPart, keep_part)
        .on(route::OfferClient, offer)
        .on(route::WithdrawClient, withdraw)
}

/// What is offered.
async fn list(State(clients): State<Clients>) -> Answer<Json<ClientList>> {
    packages::list(&clients).await.map(Json)
}

/// A part of a package.
async fn part(
    State(clients): State<Clients>,
    InPath((hash, number)): InPath<(Hash, u32)>,
) -> Answer<Prepared> {
    let mut response = packages::part(&clients, &hash, number).await?.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // Bytes of one hash never change, and anybody may have them.
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    Ok(Prepared(response))
}

/// Send a part of a package.
async fn keep_part(
    State(clients): State<Clients>,
    InPath((hash, number)): InPath<(Hash, u32)>,
    RawBody(bytes): RawBody,
) -> Answer<()> {
    packages::keep_part(&clients, &hash, number, &bytes).await
}

/// Offer a package whose parts are here.
async fn offer(
    State(clients): State<Clients>,
    caller: Caller,
    RawBody(statement): RawBody,
) -> Answer<Json<ClientList>> {
    packages::offer(&clients, &caller, &statement).await.map(Json)
}

/// Offer a package no longer.
async fn withdraw(State(clients): State<Clients>, caller: Caller, InPath(hash): InPath<Hash>) -> Answer<()> {
    packages::withdraw(&clients, &caller, &hash).await
}
