//! What an invite's code is good for, and using it.
//!
//! Codes are drawn from 144 random bits and kept as hashes, so that the time of a look-up tells nothing. What is unknown, used up,
//! over and taken back looks alike. Wrong codes count for the network that they come from.

use std::net::IpAddr;

use mist_listener::Network;
use mist_proto::{
    Hash,
    claims::Scope,
    http::{Invitation, InviteCode, Join, Joined},
    ids::UserName,
};

use super::{Auth, guesses, session};
use crate::{
    clock::Mint,
    db::{self, Tx, invites::Usable, users::Account},
    error::Problem,
};

/// The hash that a code is kept by.
pub fn hash_of(code: &InviteCode) -> Hash {
    Hash::of(code.as_str().as_bytes())
}

/// What a code is good for.
///
/// # Errors
/// 404 `unknown_invite`; 429 `too_many_attempts`.
pub async fn show(auth: &Auth, code: &InviteCode, from: IpAddr) -> Result<Invitation, Problem> {
    let invite = usable(auth, code, from).await?;
    let mut tx = auth.records.read().await?;
    let games = db::invites::games(&mut tx, &invite.id).await?;
    Ok(Invitation {
        name: invite.name,
        reset: invite.user_id.is_some(),
        games: games.into_iter().map(|(_, _, title)| title).collect(),
        made_by: invite.made_by,
        expires: invite.expires,
    })
}

/// Makes the account of an invite, or sets the password of the account whose link it is.
///
/// # Errors
/// 404 `unknown_invite`; 409 `user_exists`, and the invite is still good; 400 `bad_name`, `bad_password`; 429
/// `too_many_attempts`; 503 `busy`.
pub async fn join(auth: &Auth, join: Join, from: IpAddr) -> Result<Joined, Problem> {
    // Before the password is hashed, which is work: only who has a code may cause it.
    let invite = usable(auth, &join.code, from).await?;
    let name = match (invite.name, join.name) {
        (Some(name), None) => name,
        (Some(name), Some(other)) if name == other => name,
        (Some(name), Some(_)) => {
            return Err(Problem::invalid("bad_name", format!("this invite is for {name}")));
        }
        (None, Some(name)) => name,
        (None, None) => return Err(Problem::invalid("bad_name", "choose a name to sign in with")),
    };
    let phc = auth.passwords.hash(join.password).await?;
    let mint = auth.records.mint();
    let mut tx = auth.records.write().await?;
    if !db::invites::take(&mut tx, &invite.id, mint.now).await? {
        return Err(Problem::UnknownInvite);
    }
    match &invite.user_id {
        Some(user) => reset(&mut tx, user, &name, &phc).await?,
        None => make(&mut tx, mint, &invite.id, &name, phc).await?,
    }
    let subject = match join.device.as_ref().map(|d| d.as_str()).filter(|d| !d.is_empty()) {
        Some(device) => format!("on {device}, by a link of {}", invite.made_by),
        None => format!("by a link of {}", invite.made_by),
    };
    let action = if invite.user_id.is_some() { "user.reset" } else { "user.join" };
    db::audit::add(&mut tx, &mint.id(), mint.now, name.as_str(), action, &subject).await?;
    tx.commit().await?;
    Ok(Joined { name })
}

async fn make(
    tx: &mut Tx,
    mint: Mint<'_>,
    invite: &str,
    name: &UserName,
    phc: String,
) -> Result<(), Problem> {
    let account = Account {
        id: mint.id(),
        name: name.clone(),
        scope: Scope::User,
        password: phc,
        disabled: false,
        created: mint.now,
        last_sign_in: None,
    };
    match db::users::insert(tx, &account).await {
        Err(e) if e.is_taken() => {
            let message = format!("the name {name} is taken: choose another one");
            return Err(Problem::conflict("user_exists", message));
        }
        written => written?,
    }
    for (game, _, _) in db::invites::games(tx, invite).await? {
        db::users::grant(tx, &account.id, &game).await?;
    }
    Ok(())
}

async fn reset(tx: &mut Tx, user: &str, name: &UserName, phc: &str) -> Result<(), Problem> {
    // An account that was disabled since stays disabled, and its link is as good as unknown.
    let account = db::users::by_name(tx, name).await?.filter(|a| a.id == user && !a.disabled);
    let account = account.ok_or(Problem::UnknownInvite)?;
    session::set_password(tx, &account.id, phc, None).await
}

/// The invite of a code that is good for something.
async fn usable(auth: &Auth, code: &InviteCode, from: IpAddr) -> Result<Usable, Problem> {
    let network = Network::from(from);
    guesses::may_try(auth, None, network).await?;
    let now = auth.records.now();
    let found = db::invites::usable(&mut auth.records.read().await?, &hash_of(code), now).await?;
    if found.is_none() {
        auth.backoff.failed(None, network, now).await?;
        tracing::info!(%from, "the code of an invite was refused");
    }
    found.ok_or(Problem::UnknownInvite)
}
