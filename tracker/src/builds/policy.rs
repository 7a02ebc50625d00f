//! Which builds the server keeps by itself: a policy for all games, or a game's own. It is applied once a day and after a build went live, by
//! the code that prunes at an admin's word.

use mist_proto::{
    Slug, UnixMillis,
    http::{
        DefaultPolicy, Event, GamePolicy, KeepPolicy, PolicyPreview, PolicySource, PruneJob, SetGamePolicy,
        WouldPrune,
    },
    time::DAY_MILLIS,
};

use super::{
    Builds,
    removal::{self, policy},
    upkeep,
};
use crate::{
    audit::{self, SERVER},
    auth::caller::Caller,
    catalog::visibility,
    db::{
        self, DbError, Tx,
        builds::BuildRow,
        games::GameRow,
        policies::{self, Follows},
    },
    error::Problem,
    jobs::own::{self, Held},
    shared::{
        events::{self, Audience, Pending},
        wake,
    },
};

/// A game is pruned again after so long.
const AGAIN_AFTER: i64 = DAY_MILLIS;

/// A policy for the audit log.
fn words(policy: Option<&KeepPolicy>) -> String {
    match policy {
        None => "every build".into(),
        Some(KeepPolicy { keep_newest, keep_days: None }) => format!("newest {keep_newest}"),
        Some(KeepPolicy { keep_newest, keep_days: Some(days) }) => {
            format!("newest {keep_newest}, younger than {days} days")
        }
    }
}

/// The policy for all games.
///
/// # Errors
/// Only our own.
pub async fn default(server: &Builds) -> Result<DefaultPolicy, Problem> {
    Ok(DefaultPolicy { policy: policies::default(&mut server.records.read().await?).await? })
}

/// Changes the policy for all games.
///
/// # Errors
/// 400 `bad_policy`.
pub async fn set_default(
    server: &Builds,
    caller: &Caller,
    asked: DefaultPolicy,
) -> Result<DefaultPolicy, Problem> {
    let mint = server.records.mint();
    asked.policy.map(|keep| policy(&keep, mint.now)).transpose()?;
    let mut tx = server.records.write().await?;
    policies::set_default(&mut tx, asked.policy.as_ref()).await?;
    audit::note(&mut tx, mint, caller, "policy.default", &words(asked.policy.as_ref())).await?;
    tx.commit().await?;
    Ok(asked)
}

/// What would go by another policy for all games.
///
/// # Errors
/// 400 `bad_policy`.
pub async fn preview(server: &Builds, asked: DefaultPolicy) -> Result<PolicyPreview, Problem> {
    let mut preview = PolicyPreview::default();
    let Some(keep) = asked.policy else { return Ok(preview) };
    let policy = policy(&keep, server.records.now())?;
    let mut tx = server.records.read().await?;
    let mut games = db::games::list(&mut tx).await?;
    games.sort_by(|a, b| a.public.slug.cmp(&b.public.slug));
    for game in games {
        if policies::of_game(&mut tx, &game.id).await? == Follows::Default {
            let (_, going) = removal::decide(&mut tx, &game, policy).await?;
            if !going.is_empty() {
                let removed = going.into_iter().map(|build| build.version).collect();
                preview.games.push(WouldPrune { game: game.public.slug, removed });
            }
        }
    }
    Ok(preview)
}

/// What a game goes by.
///
/// # Errors
/// 404.
pub async fn of_game(server: &Builds, caller: &Caller, slug: &Slug) -> Result<GamePolicy, Problem> {
    let mut tx = server.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    Ok(read(&mut tx, &game.id).await?)
}

async fn read(tx: &mut Tx, game: &str) -> Result<GamePolicy, DbError> {
    let (follows, own) = match policies::of_game(tx, game).await? {
        Follows::Default => (PolicySource::Default, None),
        Follows::Never => (PolicySource::Never, None),
        Follows::Own(own) => (PolicySource::Own, Some(own)),
    };
    let default = policies::default(tx).await?;
    Ok(GamePolicy { follows, own, default, pruned: policies::pruned(tx, game).await? })
}

/// Changes what a game goes by.
///
/// # Errors
/// 404; 400 `bad_policy`.
pub async fn set_of_game(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    asked: &SetGamePolicy,
) -> Result<GamePolicy, Problem> {
    let mint = server.records.mint();
    let follows = match (asked.follows, asked.own) {
        (PolicySource::Default, None) => Follows::Default,
        (PolicySource::Never, None) => Follows::Never,
        (PolicySource::Own, Some(own)) => {
            policy(&own, mint.now)?;
            Follows::Own(own)
        }
        (PolicySource::Own, None) => {
            return Err(Problem::invalid("bad_policy", "say what is kept by the game's own policy"));
        }
        (_, Some(_)) => {
            return Err(Problem::invalid(
                "bad_policy",
                "a game that goes by another policy has none of its own",
            ));
        }
    };
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    policies::set_of_game(&mut tx, &game.id, follows).await?;
    let kept = match follows {
        Follows::Default => "as all games".into(),
        Follows::Never => words(None),
        Follows::Own(own) => words(Some(&own)),
    };
    audit::note(&mut tx, mint, caller, "policy.game", &format!("{slug} {kept}")).await?;
    let now = read(&mut tx, &game.id).await?;
    tx.commit().await?;
    events::post_one(&*server.events, Audience::Admins, Event::Game { game: slug.clone() }).await;
    Ok(now)
}

/// Prunes the games that have a policy and are due, each by a job. What fails is tried again, or was given up.
///
/// # Errors
/// If it can't be found out which are due.
pub async fn prune_when_due(server: &Builds) -> Result<(), Problem> {
    let since = server.records.now().plus_millis(-AGAIN_AFTER);
    for slug in policies::due(&mut server.records.read().await?, since).await? {
        if let Err(e) = queue_if_due(server, &slug).await {
            tracing::warn!(game = slug.as_str(), error = %e, "a game was not pruned by its policy; it is tried again");
        }
    }
    while let Some(held) = own::next(&server.records, &*server.events, PruneJob::KIND).await? {
        if let Err(e) = prune(server, &held).await {
            tracing::warn!(game = held.job.subject(), error = %e, "a game was not pruned");
            own::fail(&server.records, &*server.events, &held, (&e).into()).await?;
        }
    }
    Ok(())
}

/// Queues the job that prunes a game, if it is due and something is to go.
async fn queue_if_due(server: &Builds, slug: &Slug) -> Result<(), Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let Some(game) = db::games::locked(&mut tx, slug, mint.now).await? else { return Ok(()) };
    let stands = read(&mut tx, &game.id).await?;
    // Another replica may have been here first.
    if stands.pruned.is_some_and(|at| mint.now.since(at) < AGAIN_AFTER) {
        return Ok(());
    }
    let Some((_, going)) = by_policy(&mut tx, &stands, &game, mint.now).await? else { return Ok(()) };
    policies::set_pruned(&mut tx, &game.id, Some(mint.now)).await?;
    if !going.is_empty() {
        own::add_once(&mut tx, mint, &PruneJob { game: slug.clone() }.into()).await?;
    }
    Ok(tx.commit().await?)
}

/// The policy that a game is pruned by now, and the builds that go by it; none if it keeps every build.
async fn by_policy(
    tx: &mut Tx,
    stands: &GamePolicy,
    game: &GameRow,
    now: UnixMillis,
) -> Result<Option<(KeepPolicy, Vec<BuildRow>)>, Problem> {
    let Some(keep) = stands.in_force() else { return Ok(None) };
    let (_, going) = removal::decide(tx, game, policy(&keep, now)?).await?;
    Ok(Some((keep, going)))
}

/// Does the job that prunes a game, by the policy that is in force now.
async fn prune(server: &Builds, held: &Held) -> Result<(), Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let slug = held.job.game.as_ref().ok_or(Problem::NotFound)?;
    let game = db::games::locked(&mut tx, slug, mint.now).await?.ok_or(Problem::NotFound)?;
    let stands = read(&mut tx, &game.id).await?;
    let (keep, going) = by_policy(&mut tx, &stands, &game, mint.now).await?.unzip();
    let going = going.unwrap_or_default();
    let mut events = Pending::default();
    if !going.is_empty() {
        let what = mist_readable::count(going.len() as u64, "build", "builds");
        let subject = format!("{slug} {what}, keeping {}", words(keep.as_ref()));
        db::audit::add(&mut tx, &mint.id(), mint.now, SERVER, "game.prune", &subject).await?;
        for build in &going {
            removal::take_out(&mut tx, mint, SERVER, &game, build, &mut events).await?;
        }
        upkeep::tidy(&mut tx, server.upkeep, mint, &game).await?;
    }
    let lines =
        removal::lines(&format!("by its policy the game keeps {}", words(keep.as_ref())), &going, mint.now);
    if !own::complete(&mut tx, held, lines, mint.now).await? {
        return Ok(());
    }
    tx.commit().await?;
    tracing::info!(game = slug.as_str(), builds = going.len(), "pruned by its policy");
    wake::wake(&*server.wake).await;
    events::post(&*server.events, events).await;
    Ok(own::told(&server.records, &*server.events, held).await?)
}
