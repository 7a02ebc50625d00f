//! Routes about the swarm.

use axum::{
    Extension, Json,
    extract::{FromRef, State},
};
use mist_listener::observed::Observed;
use mist_proto::{
    Hash, Slug,
    http::{
        Announce, Announced, DenyList, Device, DeviceList, GameSwarm, NewDevice, PageQuery, PieceCounts,
        PieceMap, Sources, SourcesRequest, TicketList, TicketsRequest, TransferReport, route,
    },
    ids::PeerName,
};

use super::{Swarm, announce, around, devices, reports, sources, tickets};
use crate::{
    auth::caller::Caller,
    error::Answer,
    http::{
        json::{Body, InPath, InQuery},
        routes::Routes,
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Swarm: FromRef<S>,
{
    Routes::default()
        .on(route::ListDevices, list_devices)
        .on(route::BindDevice, bind_device)
        .on(route::UnbindDevice, unbind_device)
        .on(route::AnnouncePeer, announce)
        .on(route::FindSources, sources)
        .on(route::IssueTickets, tickets)
        .on(route::GetDenyList, deny)
        .on(route::GetGameSwarm, game_swarm)
        .on(route::GetPieceMap, piece_map)
        .on(route::ReportPieces, pieces)
        .on(route::ReportTransfer, report)
}

/// Devices of the caller.
async fn list_devices(
    State(swarm): State<Swarm>,
    caller: Caller,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<DeviceList>> {
    let mut tx = swarm.records.read().await?;
    devices::list(&mut tx, &caller.id, &query).await.map(Json)
}

/// Bind a peer id to the caller.
async fn bind_device(
    State(swarm): State<Swarm>,
    caller: Caller,
    InPath(peer): InPath<PeerName>,
    Body(body): Body<NewDevice>,
) -> Answer<Json<Device>> {
    devices::bind(&swarm, &caller, &peer, body).await.map(Json)
}

/// Unbind a peer id; its tickets no longer count.
async fn unbind_device(
    State(swarm): State<Swarm>,
    caller: Caller,
    InPath(peer): InPath<PeerName>,
) -> Answer<()> {
    let mut tx = swarm.records.write().await?;
    devices::unbind(&mut tx, &caller.id, &peer, swarm.records.now()).await?;
    Ok(tx.commit().await?)
}

/// Say who is here and what they serve.
async fn announce(
    State(swarm): State<Swarm>,
    Extension(from): Extension<Observed>,
    caller: Caller,
    Body(body): Body<Announce>,
) -> Answer<Json<Announced>> {
    announce::announce(&swarm, &caller, from, body).await.map(Json)
}

/// Who has a blob.
async fn sources(
    State(swarm): State<Swarm>,
    Extension(from): Extension<Observed>,
    caller: Caller,
    Body(body): Body<SourcesRequest>,
) -> Answer<Json<Sources>> {
    sources::sources(&swarm, &caller, from, body).await.map(Json)
}

/// Tickets for every game that the caller may see.
async fn tickets(
    State(swarm): State<Swarm>,
    caller: Caller,
    Body(body): Body<TicketsRequest>,
) -> Answer<Json<TicketList>> {
    tickets::tickets(&swarm, &caller, body).await.map(Json)
}

/// Tickets that no longer count.
async fn deny(State(swarm): State<Swarm>, caller: Caller) -> Answer<Json<DenyList>> {
    tickets::deny_list(&swarm, &caller).await.map(Json)
}

/// Who takes part in a game's swarm now, and what they have.
async fn game_swarm(
    State(swarm): State<Swarm>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<GameSwarm>> {
    around::game_swarm(&swarm, &caller, &slug).await.map(Json)
}

/// How many friends have each piece of a blob of a game.
async fn piece_map(
    State(swarm): State<Swarm>,
    caller: Caller,
    InPath((slug, blob)): InPath<(Slug, Hash)>,
) -> Answer<Json<PieceMap>> {
    around::piece_map(&swarm, &caller, &slug, &blob).await.map(Json)
}

/// Which pieces a seed's peers have of what they are fetching.
async fn pieces(State(swarm): State<Swarm>, caller: Caller, Body(body): Body<PieceCounts>) -> Answer<()> {
    around::note_pieces(&swarm, &caller, body).await
}

/// Report what an operation has moved so far.
async fn report(State(swarm): State<Swarm>, caller: Caller, Body(body): Body<TransferReport>) -> Answer<()> {
    reports::report(&swarm, &caller, body).await
}
