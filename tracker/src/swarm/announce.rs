//! "I am here and serve this."

use std::collections::HashSet;

use mist_proto::{
    claims::Scope,
    http::{Announce, Announced},
};

use super::{
    addresses::{self, MAX_ADDRESSES},
    devices,
    presence::{INTERVAL_SECS, Member},
};
use crate::{
    app::App, auth::caller::Caller, catalog::visibility, db, error::Problem, http::observed::Observed,
};

/// Most holdings in one announce.
const MAX_HOLDINGS: usize = 10_000;
/// Longest id of a session, in bytes.
const MAX_SESSION: usize = 64;

/// Takes note of a session.
///
/// # Errors
/// 400 `bad_announce`; 409 `unknown_device`; 503 `swarm_full`.
pub async fn announce(
    app: &App,
    caller: &Caller,
    from: Observed,
    mut word: Announce,
) -> Result<Announced, Problem> {
    let too_long = word.session.len() > MAX_SESSION || word.session.is_empty();
    if too_long || word.addresses.len() > MAX_ADDRESSES || word.holdings.len() > MAX_HOLDINGS {
        let message = format!(
            "an announce has a session id of at most {MAX_SESSION} bytes, at most {MAX_ADDRESSES} addresses and \
             {MAX_HOLDINGS} holdings"
        );
        return Err(Problem::invalid("bad_announce", message));
    }
    let now = app.now();
    let mut tx = app.db.read().await?;
    devices::check_owner(&mut tx, caller, &word.peer).await?;
    let games = visibility::all_visible(&mut tx, caller).await?;
    drop(tx);
    let answer = Announced { interval: INTERVAL_SECS, observed: from.caller };
    if word.leaving {
        app.presence.leave(&word.peer, &word.session).await;
        return Ok(answer);
    }
    let games: HashSet<_> = games.into_iter().map(|g| g.public.slug).collect();
    word.holdings.retain(|h| games.contains(&h.game));
    let mut tx = app.db.write().await?;
    db::devices::seen(&mut tx, &word.peer, now).await?;
    tx.commit().await?;
    let member = Member {
        peer: word.peer,
        session: word.session,
        account: caller.id.clone(),
        seed: caller.scope == Scope::Seed,
        observed: from.caller,
        addresses: addresses::announced(&word.addresses, from),
        holdings: word.holdings,
        at: now,
    };
    app.presence
        .announce(member)
        .await
        .map_err(|full| Problem::Unavailable { code: "swarm_full", message: full.to_string() })?;
    Ok(answer)
}
