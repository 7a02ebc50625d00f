//! Invites, and links to a new password.

use mist_proto::{
    http::{
        INVITE_HOURS, Invite, InviteList, LinkKeys, MAX_INVITE_GAMES, MAX_INVITE_HOURS, MAX_INVITE_USES,
        MadeInvite, NewInvite, NewReset, PageQuery, RESET_HOURS,
    },
    ids::UserName,
};

use super::Admin;
use crate::{
    audit,
    auth::{caller::Caller, join},
    clock::Mint,
    db::{self, Tx},
    error::Problem,
    http::page::Page,
};

const HOUR_MILLIS: i64 = 60 * 60 * 1000;
/// Invites that are kept at once, used up and over ones too.
const MAX_INVITES: u64 = 2000;
/// Invites that are over stay visible this long.
pub const KEEP_MILLIS: i64 = 30 * 24 * HOUR_MILLIS;

/// The invites, newest first.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(admin: &Admin, query: &PageQuery) -> Result<InviteList, Problem> {
    let page = Page::<(i64, String)>::asked(query)?;
    let mut tx = admin.records.read().await?;
    let invites = db::invites::before(&mut tx, page.after.as_ref(), page.to_read()).await?;
    let (invites, next) = page.cut(invites, |i| (i.created.0, i.id.clone()));
    Ok(InviteList { invites, next })
}

/// Makes an invite.
///
/// # Errors
/// 400 `bad_invite`; 404 for a game that is not there; 409 `user_exists`.
pub async fn add(admin: &Admin, caller: &Caller, new: NewInvite) -> Result<MadeInvite, Problem> {
    let bad = |message: String| Err(Problem::invalid("bad_invite", message));
    let uses = new.uses.unwrap_or(1);
    if !(1..=MAX_INVITE_USES).contains(&uses) {
        return bad(format!("an invite makes 1 to {MAX_INVITE_USES} accounts"));
    }
    if uses > 1 && new.name.is_some() {
        return bad("an invite with a name makes one account".into());
    }
    if new.games.len() > MAX_INVITE_GAMES {
        return bad(format!("an invite grants at most {MAX_INVITE_GAMES} games"));
    }
    let hours = hours(new.hours, INVITE_HOURS)?;
    let mint = admin.records.mint();
    let mut tx = admin.records.write().await?;
    if let Some(name) = &new.name
        && db::users::by_name(&mut tx, name).await?.is_some()
    {
        return Err(Problem::conflict("user_exists", format!("there is a user {name} already")));
    }
    let mut slugs = new.games;
    slugs.sort();
    slugs.dedup();
    let mut games = Vec::new();
    for slug in &slugs {
        games.push(db::games::by_slug(&mut tx, slug).await?.ok_or(Problem::NotFound)?.id);
    }
    let invite = Invite {
        id: mint.id(),
        note: new.note.map(Into::into).unwrap_or_default(),
        name: new.name,
        reset: false,
        games: slugs,
        uses,
        used: 0,
        made_by: caller.name.clone(),
        created: mint.now,
        expires: mint.now.plus_millis(hours * HOUR_MILLIS),
    };
    let subject = match (&invite.name, invite.note.as_str()) {
        (Some(name), _) => name.to_string(),
        (None, "") => format!("for {uses}"),
        (None, note) => format!("{note}, for {uses}"),
    };
    audit::note(&mut tx, mint, caller, "invite.add", &subject).await?;
    let path = keep(admin, &mut tx, mint, &invite, None, &games).await?;
    tx.commit().await?;
    Ok(MadeInvite { invite, path, address: address(admin) })
}

/// Makes a link by which somebody sets their lost password anew; one before it no longer counts.
///
/// # Errors
/// 404; 400 `bad_invite`.
pub async fn reset(
    admin: &Admin,
    caller: &Caller,
    name: &UserName,
    new: NewReset,
) -> Result<MadeInvite, Problem> {
    let hours = hours(new.hours, RESET_HOURS)?;
    let mint = admin.records.mint();
    let mut tx = admin.records.write().await?;
    let account = db::users::by_name(&mut tx, name).await?.ok_or(Problem::NotFound)?;
    db::invites::remove_resets(&mut tx, &account.id).await?;
    let invite = Invite {
        id: mint.id(),
        note: String::new(),
        name: Some(account.name),
        reset: true,
        games: vec![],
        uses: 1,
        used: 0,
        made_by: caller.name.clone(),
        created: mint.now,
        expires: mint.now.plus_millis(hours * HOUR_MILLIS),
    };
    audit::note(&mut tx, mint, caller, "user.reset_link", name.as_str()).await?;
    let path = keep(admin, &mut tx, mint, &invite, Some(&account.id), &[]).await?;
    tx.commit().await?;
    Ok(MadeInvite { invite, path, address: address(admin) })
}

/// Lets an invite count no more.
///
/// # Errors
/// 404.
pub async fn remove(admin: &Admin, caller: &Caller, id: &str) -> Result<(), Problem> {
    let mut tx = admin.records.write().await?;
    let what = db::invites::remove(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    audit::note(&mut tx, admin.records.mint(), caller, "invite.remove", &what).await?;
    tx.commit().await?;
    Ok(())
}

fn hours(asked: Option<u32>, usual: u32) -> Result<i64, Problem> {
    match asked.unwrap_or(usual) {
        hours @ 1..=MAX_INVITE_HOURS => Ok(hours.into()),
        _ => Err(Problem::invalid("bad_invite", format!("a link is good for 1 to {MAX_INVITE_HOURS} hours"))),
    }
}

/// Keeps an invite with a new code, and gives its link below the server's address.
async fn keep(
    admin: &Admin,
    tx: &mut Tx,
    mint: Mint<'_>,
    invite: &Invite,
    user: Option<&str>,
    games: &[String],
) -> Result<String, Problem> {
    if db::invites::number(tx).await? >= MAX_INVITES {
        let message = format!("there are {MAX_INVITES} invites: remove some first");
        return Err(Problem::invalid("bad_invite", message));
    }
    let code = mint.code().parse().map_err(|e| Problem::Internal(anyhow::Error::new(e)))?;
    db::invites::insert(tx, invite, user, &join::hash_of(&code), games).await?;
    let release = db::keys::current(tx).await?;
    let keys = LinkKeys { tracker: admin.key, release };
    Ok(format!("join/{code}#{keys}"))
}

/// The address for friends, if the server was told one.
fn address(admin: &Admin) -> Option<String> {
    admin.addresses.first().map(ToString::to_string)
}
