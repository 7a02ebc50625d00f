//! Tickets that let a peer into the swarm of a game, and what no longer counts of them.

use mist_proto::{
    Slug, UnixMillis,
    claims::{CLOCK_SKEW_SECS, Scope, TICKET_TTL_SECS, TicketClaims},
    http::{DenyList, Ticket, TicketList, TicketsRequest},
};

use super::{Swarm, devices};
use crate::{auth::caller::Caller, catalog::visibility, db, error::Problem};

/// A denial is kept this long: no ticket that it could concern lives longer.
pub const DENIAL_MILLIS: i64 = (TICKET_TTL_SECS + CLOCK_SKEW_SECS) * 1000;

/// Tickets for every game that the caller may see.
///
/// # Errors
/// 409 `unknown_device`.
pub async fn tickets(swarm: &Swarm, caller: &Caller, asked: TicketsRequest) -> Result<TicketList, Problem> {
    let mint = swarm.records.mint();
    let mut tx = swarm.records.read().await?;
    devices::check_owner(&mut tx, caller, &asked.peer).await?;
    let mut games: Vec<Slug> = visibility::visible_slugs(&mut tx, caller).await?.into_iter().collect();
    games.sort_unstable();
    let iat = mint.now.secs();
    let exp = iat + TICKET_TTL_SECS;
    let sign = |game: Slug| {
        let token = swarm.signing.secret.sign(&TicketClaims {
            aud: "mist-peer".into(),
            sub: caller.id.clone(),
            peer: asked.peer.clone(),
            game: game.clone(),
            iat,
            exp,
            jti: mint.id(),
        });
        Ticket { game, token, expires: UnixMillis(exp.saturating_mul(1000)) }
    };
    Ok(TicketList { tickets: games.into_iter().map(sign).collect() })
}

/// What no longer counts. Nobody learns from it of a game that they may not see.
///
/// # Errors
/// Only our own.
pub async fn deny_list(swarm: &Swarm, caller: &Caller) -> Result<DenyList, Problem> {
    let mut tx = swarm.records.read().await?;
    let visible = visibility::visible_slugs(&mut tx, caller).await?;
    let mut grants = db::denied::grants(&mut tx).await?;
    grants.retain(|(_, game)| visible.contains(game));
    // Capabilities are shown to seeds alone.
    let accounts =
        if caller.scope == Scope::Seed { db::denied::accounts(&mut tx).await? } else { Vec::new() };
    Ok(DenyList { peers: db::denied::peers(&mut tx).await?, grants, accounts })
}
