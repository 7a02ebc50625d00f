//! Routes about the swarm.

use axum::{
    Extension, Json,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use mist_proto::{
    http::{
        Announce, Announced, DenyList, Device, DeviceList, NewDevice, Sources, SourcesRequest, TicketList,
        TicketsRequest, TransferReport,
    },
    ids::PeerName,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{announce, devices, sources, tickets};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::{
        json::{Body, InPath},
        observed::Observed,
    },
};

/// 10,000 holdings take about 2 MB.
const MAX_ANNOUNCE: usize = 4 * 1024 * 1024;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    let announce = OpenApiRouter::new().routes(routes!(announce)).layer(DefaultBodyLimit::max(MAX_ANNOUNCE));
    OpenApiRouter::new()
        .routes(routes!(list_devices))
        .routes(routes!(bind_device, unbind_device))
        .routes(routes!(sources))
        .routes(routes!(tickets))
        .routes(routes!(deny))
        .routes(routes!(report))
        .merge(announce)
}

/// Devices of the caller.
#[utoipa::path(get, path = "/devices", tag = "swarm", responses((status = 200, body = DeviceList)))]
async fn list_devices(State(app): State<Shared>, caller: Caller) -> Answer<Json<DeviceList>> {
    devices::list(&app, &caller).await.map(Json)
}

/// Bind a peer id to the caller.
#[utoipa::path(put, path = "/devices/{peer}", tag = "swarm", params(("peer" = PeerName, Path)), request_body = NewDevice, responses((status = 200, body = Device)))]
async fn bind_device(
    State(app): State<Shared>,
    caller: Caller,
    InPath(peer): InPath<PeerName>,
    Body(body): Body<NewDevice>,
) -> Answer<Json<Device>> {
    devices::bind(&app, &caller, &peer, body).await.map(Json)
}

/// Unbind a peer id; its tickets no longer count.
#[utoipa::path(delete, path = "/devices/{peer}", tag = "swarm", params(("peer" = PeerName, Path)), responses((status = 204)))]
async fn unbind_device(
    State(app): State<Shared>,
    caller: Caller,
    InPath(peer): InPath<PeerName>,
) -> Answer<StatusCode> {
    devices::unbind(&app, &caller, &peer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say who is here and what they serve.
#[utoipa::path(post, path = "/swarm/announce", tag = "swarm", request_body = Announce, responses((status = 200, body = Announced)))]
async fn announce(
    State(app): State<Shared>,
    Extension(from): Extension<Observed>,
    caller: Caller,
    Body(body): Body<Announce>,
) -> Answer<Json<Announced>> {
    announce::announce(&app, &caller, from, body).await.map(Json)
}

/// Who has a blob.
#[utoipa::path(post, path = "/swarm/sources", tag = "swarm", request_body = SourcesRequest, responses((status = 200, body = Sources)))]
async fn sources(
    State(app): State<Shared>,
    Extension(from): Extension<Observed>,
    caller: Caller,
    Body(body): Body<SourcesRequest>,
) -> Answer<Json<Sources>> {
    sources::sources(&app, &caller, from, body).await.map(Json)
}

/// Tickets for every game that the caller may see.
#[utoipa::path(post, path = "/swarm/tickets", tag = "swarm", request_body = TicketsRequest, responses((status = 200, body = TicketList)))]
async fn tickets(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<TicketsRequest>,
) -> Answer<Json<TicketList>> {
    tickets::tickets(&app, &caller, body).await.map(Json)
}

/// Tickets that no longer count.
#[utoipa::path(get, path = "/swarm/deny", tag = "swarm", responses((status = 200, body = DenyList)))]
async fn deny(State(app): State<Shared>, caller: Caller) -> Answer<Json<DenyList>> {
    tickets::deny_list(&app, &caller).await.map(Json)
}

/// Report what an operation has moved so far.
#[utoipa::path(post, path = "/swarm/reports", tag = "swarm", request_body = TransferReport, responses((status = 204)))]
async fn report(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<TransferReport>,
) -> Answer<StatusCode> {
    tickets::report(&app, &caller, body).await?;
    Ok(StatusCode::NO_CONTENT)
}
