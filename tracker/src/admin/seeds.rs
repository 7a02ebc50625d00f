//! Seeds that may sign in.

use mist_proto::{
    Hash, Slug, Version,
    http::{EnrolledSeed, NewSeed, PageQuery, Seed, SeedList},
    ids::UserName,
};

use super::Admin;
use crate::{
    audit,
    auth::{caller::Caller, session},
    db,
    error::Problem,
    http::page::Page,
};

/// Name of the seed whose token was chosen before the tracker's first start.
pub const FIRST: &str = "first";
/// Name of the seed that lives in the tracker's own process.
pub const EMBEDDED: &str = "embedded";
/// Fewest characters of such a token: nobody is to guess it.
const LEAST_TOKEN: usize = 32;

/// The seeds, by name.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(admin: &Admin, query: &PageQuery) -> Result<SeedList, Problem> {
    let page = Page::<String>::asked(query)?;
    let mut tx = admin.records.read().await?;
    let seeds = db::seeds::page(&mut tx, page.after.as_deref(), page.to_read()).await?;
    let (seeds, next) = page.cut(seeds, |s| s.name.to_string());
    Ok(SeedList { seeds, next })
}

/// Adds a seed and makes its enrolment token, of which only a hash is kept.
///
/// # Errors
/// 409 `seed_exists`.
pub async fn add(admin: &Admin, caller: &Caller, new: NewSeed) -> Result<EnrolledSeed, Problem> {
    let mint = admin.records.mint();
    let token = mint.secret(session::ENROLMENT_PREFIX);
    let seed = Seed { id: mint.id(), name: new.name, created: mint.now, last_seen: None, public_url: None };
    let mut tx = admin.records.write().await?;
    match db::seeds::insert(&mut tx, &seed, &Hash::of(token.as_bytes())).await {
        Err(e) if e.is_taken() => {
            return Err(Problem::conflict("seed_exists", format!("there is a seed {} already", seed.name)));
        }
        written => written?,
    }
    audit::note(&mut tx, mint, caller, "seed.add", seed.name.as_str()).await?;
    tx.commit().await?;
    Ok(EnrolledSeed { seed, token })
}

/// Lets the seed sign in whose token was chosen before the tracker's first start. It may be called at every start.
///
/// # Errors
/// 400 `bad_token`; 409 `seed_exists`.
pub async fn enrol_first(admin: &Admin, token: &str) -> Result<(), Problem> {
    if token.len() < LEAST_TOKEN {
        let message = format!("the token of the first seed has at least {LEAST_TOKEN} characters");
        return Err(Problem::invalid("bad_token", message));
    }
    let token = Hash::of(token.as_bytes());
    let mut tx = admin.records.write().await?;
    if db::seeds::by_token(&mut tx, &token).await?.is_some() {
        return Ok(());
    }
    let mint = admin.records.mint();
    let name = FIRST.parse().map_err(|e| Problem::Internal(anyhow::Error::new(e)))?;
    let seed = Seed { id: mint.id(), name, created: mint.now, last_seen: None, public_url: None };
    db::seeds::insert_once(&mut tx, &seed, &token).await?;
    if db::seeds::by_token(&mut tx, &token).await?.is_none() {
        let message =
            format!("there is a seed `{FIRST}` already that was given another token; give that one, or none");
        return Err(Problem::conflict("seed_exists", message));
    }
    audit::note(&mut tx, mint, &Caller::operator(), "seed.add", FIRST).await?;
    tx.commit().await?;
    Ok(())
}

/// Builds that are named in a refusal.
const NAMED: usize = 5;

/// Removes a seed: its token, sessions and tickets no longer count. One that is online and holds builds stays, and so does one that is
/// gone if nobody else has a build that it has, unless that may be lost.
///
/// # Errors
/// 404; 409 `seed_in_use`.
pub async fn remove(admin: &Admin, caller: &Caller, name: &UserName, lose: bool) -> Result<(), Problem> {
    let mint = admin.records.mint();
    let words = admin.stores.words().await?;
    let mut tx = admin.records.write().await?;
    let seed = db::seeds::by_name(&mut tx, name).await?.ok_or(Problem::NotFound)?;
    if name.as_str() == EMBEDDED && words.is_usable(&seed.id, mint.now) {
        let message =
            "this seed runs in the server's own process: start the server without it first (`--no-seed`)";
        return Err(Problem::conflict("seed_in_use", message));
    }
    let games = db::copies::games_on(&mut tx, &seed.id).await?;
    if games > 0 {
        let is_online = words.online(mint.now).iter().any(|store| store.seed == seed.id);
        let only = db::copies::only_on(&mut tx, &seed.id).await?;
        if is_online {
            let message = format!(
                "{name} is online and holds the builds of {games} games; end it for good first, or remove those"
            );
            return Err(Problem::conflict("seed_in_use", message));
        }
        if !only.is_empty() && !lose {
            return Err(Problem::conflict("seed_in_use", only_there(name, &only)));
        }
        db::copies::drop_seed(&mut tx, &seed.id, words.roomiest(mint.now).as_deref(), mint.now).await?;
        db::jobs::forget_at(&mut tx, &seed.id).await?;
    }
    db::denied::deny_devices(&mut tx, &seed.id, mint.now).await?;
    db::devices::unbind_all(&mut tx, &seed.id).await?;
    db::seeds::delete(&mut tx, &seed.id).await?;
    audit::note(&mut tx, mint, caller, "seed.remove", name.as_str()).await?;
    tx.commit().await?;
    admin.forget_peers(&seed.id).await;
    if let Err(e) = admin.stores.forget(&seed.id).await {
        tracing::warn!(error = %e, seed = seed.id, "the last word of a removed seed's store stays until it is too old");
    }
    Ok(())
}

fn only_there(name: &UserName, builds: &[(Slug, Version)]) -> String {
    let named: Vec<String> =
        builds.iter().take(NAMED).map(|(game, version)| format!("{game}@{version}")).collect();
    let more = match builds.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!(
        "nobody but {name} has {}{more}: start it again, so that another seed can fetch them (setting `copies`), or say that they may be \
         lost (`--lose`); then `tracker rebuild` fetches from friends what they have",
        named.join(", ")
    )
}
