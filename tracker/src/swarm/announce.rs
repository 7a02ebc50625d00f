//! "I am here and serve this."

use mist_listener::observed::Observed;
use mist_proto::{
    claims::Scope,
    http::{Announce, Announced},
    limits::MAX_MOVING,
};

use super::{
    Swarm,
    addresses::{self, MAX_ADDRESSES},
    recent,
};
use crate::{
    auth::caller::Caller,
    error::Problem,
    shared::presence::{INTERVAL_SECS, Refused, Run},
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
    swarm: &Swarm,
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
    let now = swarm.records.now();
    let device = recent::device(swarm, caller, &word.peer).await?;
    let answer = Announced { interval: INTERVAL_SECS, observed: from.caller };
    if word.leaving {
        swarm.presence.leave(&word.peer, &word.session).await?;
        return Ok(answer);
    }
    let named = word.holdings.iter().map(|h| &h.game).chain(word.moving.iter().map(|moving| &moving.game));
    let games = recent::games(swarm, caller, named).await?;
    word.holdings.retain(|h| games.contains(&h.game));
    word.moving.retain(|moving| games.contains(&moving.game));
    word.moving.truncate(MAX_MOVING);
    swarm.last_seen.note(&word.peer, device.last_seen, now);
    let addresses = addresses::announced(&word.addresses, from);
    let run = Run {
        peer: word.peer,
        session: word.session,
        account: caller.id.clone(),
        seed: caller.scope == Scope::Seed,
        observed: from.caller,
        anywhere: addresses::may_tell_anybody(&addresses),
        addresses,
        holdings: word.holdings,
        moving: word.moving,
        at: now,
    };
    match swarm.presence.announce(run).await {
        Ok(()) => Ok(answer),
        Err(full @ Refused::Full) => {
            Err(Problem::Unavailable { code: "swarm_full", message: full.to_string() })
        }
        Err(Refused::Away(away)) => Err(away.into()),
    }
}
