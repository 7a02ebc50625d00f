//! Routes about the swarm.

use axum::{Extension, Json, extract::State};
use mist_proto::{
    http::{
        Announce, Announced, DenyList, Device, DeviceList, NewDevice, PageQuery, Sources, SourcesRequest,
        TicketList, TicketsRequest, TransferReport, route,
    },
    ids::PeerName,
};

use super::{announce, devices, sources, tickets};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::{
        json::{Body, InPath, InQuery},
        observed::Observed,
        routes::Routes,
    },
};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .on(route::ListDevices, list_devices)
        .on(route::BindDevice, bind_device)
        .on(route::UnbindDevice, unbind_device)
        .on(route::AnnouncePeer, announce)
        .on(route::FindSources, sources)
        .on(route::IssueTickets, tickets)
        .on(route::GetDenyList, deny)
        .on(route::ReportTransfer, report)
}

/// Devices of the caller.
async fn list_devices(
    State(app): State<Shared>,
    caller: Caller,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<DeviceList>> {
    devices::list(&app, &caller, &query).await.map(Json)
}

/// Bind a peer id to the caller.
async fn bind_device(
    State(app): State<Shared>,
    caller: Caller,
    InPath(peer): InPath<PeerName>,
    Body(body): Body<NewDevice>,
) -> Answer<Json<Device>> {
    devices::bind(&app, &caller, &peer, body).await.map(Json)
}

/// Unbind a peer id; its tickets no longer count.
async fn unbind_device(
    State(app): State<Shared>,
    caller: Caller,
    InPath(peer): InPath<PeerName>,
) -> Answer<()> {
    devices::unbind(&app, &caller, &peer).await
}

/// Say who is here and what they serve.
async fn announce(
    State(app): State<Shared>,
    Extension(from): Extension<Observed>,
    caller: Caller,
    Body(body): Body<Announce>,
) -> Answer<Json<Announced>> {
    announce::announce(&app, &caller, from, body).await.map(Json)
}

/// Who has a blob.
async fn sources(
    State(app): State<Shared>,
    Extension(from): Extension<Observed>,
    caller: Caller,
    Body(body): Body<SourcesRequest>,
) -> Answer<Json<Sources>> {
    sources::sources(&app, &caller, from, body).await.map(Json)
}

/// Tickets for every game that the caller may see.
async fn tickets(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<TicketsRequest>,
) -> Answer<Json<TicketList>> {
    tickets::tickets(&app, &caller, body).await.map(Json)
}

/// Tickets that no longer count.
async fn deny(State(app): State<Shared>, caller: Caller) -> Answer<Json<DenyList>> {
    tickets::deny_list(&app, &caller).await.map(Json)
}

/// Report what an operation has moved so far.
async fn report(State(app): State<Shared>, caller: Caller, Body(body): Body<TransferReport>) -> Answer<()> {
    tickets::report(&app, &caller, body).await
}
