//! Which builds the server keeps when it prunes by itself.

use anyhow::Result;
use mist_proto::{
    Slug, Version,
    http::{
        DefaultPolicy, GamePolicy, KeepPolicy, PolicySource, PruneRequest, SetGamePolicy, WouldPrune, route,
    },
};
use serde_json::json;

use crate::{
    api::Api,
    args::PolicyArgs,
    failure::name_missing,
    show::{Screen, agreed},
};

/// `policy [SLUG]`.
pub(super) async fn run(api: &Api, screen: Screen, args: PolicyArgs) -> Result<()> {
    let keep = args.keep.map(|keep_newest| KeepPolicy { keep_newest, keep_days: args.younger_than });
    let ask = Ask { api, screen, dry_run: args.dry_run, yes: args.yes };
    match (&args.game, keep) {
        (None, Some(keep)) => ask.set_default(Some(keep)).await,
        (None, None) if args.never => ask.set_default(None).await,
        (None, None) => show_default(api, screen).await,
        (Some(game), Some(own)) => ask.set_game(game, PolicySource::Own, Some(own)).await,
        (Some(game), None) if args.never => ask.set_game(game, PolicySource::Never, None).await,
        (Some(game), None) if args.default => ask.set_game(game, PolicySource::Default, None).await,
        (Some(game), None) => show_game(screen, game, &policy_of(api, game).await?),
    }
}

/// What a policy keeps, as a sentence without its end.
fn kept(policy: Option<&KeepPolicy>) -> String {
    match policy {
        None => "every build is kept".into(),
        Some(KeepPolicy { keep_newest, keep_days }) => {
            let newest = match keep_newest {
                1 => "the newest build is kept".to_owned(),
                n => format!("the newest {n} builds are kept"),
            };
            match keep_days {
                Some(days) => {
                    format!(
                        "{newest}, and all younger than {}",
                        mist_readable::count((*days).into(), "day", "days")
                    )
                }
                None => newest,
            }
        }
    }
}

async fn show_default(api: &Api, screen: Screen) -> Result<()> {
    let default = api.ask(route::GetPolicy, &()).await?;
    screen.line(&format!("games without a policy of their own: {}", kept(default.policy.as_ref())))?;
    screen.record(&default)
}

async fn policy_of(api: &Api, game: &Slug) -> Result<GamePolicy> {
    let answer = api.ask(route::GetGamePolicy, game).await;
    answer.map_err(|e| name_missing(e, format_args!("game {game}: see `mistpipe ls`")))
}

fn show_game(screen: Screen, game: &Slug, policy: &GamePolicy) -> Result<()> {
    let whose = match policy.follows {
        PolicySource::Default => "as for all games",
        PolicySource::Never => "whatever counts for all games",
        PolicySource::Own => "by its own policy",
    };
    screen.line(&format!("{game}: {}, {whose}", kept(policy.in_force().as_ref())))?;
    screen.record(&json!({ "game": game, "policy": policy }))
}

/// How somebody wants to be asked before a policy changes.
struct Ask<'a> {
    api: &'a Api,
    screen: Screen,
    dry_run: bool,
    yes: bool,
}

impl Ask<'_> {
    async fn set_default(&self, policy: Option<KeepPolicy>) -> Result<()> {
        let body = DefaultPolicy { policy };
        let preview = self.api.call(route::PreviewPolicy, &(), |call| call.json(&body)).await?;
        if !self.goes_on(&preview.games)? {
            return Ok(());
        }
        let now = self.api.call(route::ChangePolicy, &(), |call| call.json(&body)).await?;
        self.screen.line(&format!("games without a policy of their own: {}", kept(now.policy.as_ref())))?;
        self.screen.record(&now)
    }

    async fn set_game(&self, game: &Slug, follows: PolicySource, own: Option<KeepPolicy>) -> Result<()> {
        let before = policy_of(self.api, game).await?;
        let then = GamePolicy { follows, own, ..before };
        let mut going = Vec::new();
        if let Some(keep) = then.in_force() {
            let asked =
                PruneRequest { keep_newest: keep.keep_newest, keep_days: keep.keep_days, dry_run: true };
            let would = self.api.call(route::PruneBuilds, game, |call| call.json(&asked)).await?;
            going.push(WouldPrune { game: game.clone(), removed: would.removed });
        }
        if !self.goes_on(&going)? {
            return Ok(());
        }
        let body = SetGamePolicy { follows, own };
        let now = self.api.call(route::ChangeGamePolicy, game, |call| call.json(&body)).await?;
        show_game(self.screen, game, &now)
    }

    /// Says what would go, and asks if something does. Whether to go on.
    fn goes_on(&self, going: &[WouldPrune]) -> Result<bool> {
        let builds: usize = going.iter().map(|game| game.removed.len()).sum();
        for WouldPrune { game, removed } in going.iter().filter(|game| !game.removed.is_empty()) {
            let names = removed.iter().map(Version::as_str).collect::<Vec<_>>().join(", ");
            self.screen.line(&format!("remove  {game}: {names}"))?;
        }
        if self.dry_run {
            self.screen.note(if builds == 0 { "nothing would go now" } else { "nothing was changed" });
            going.iter().try_for_each(|game| self.screen.record(game))?;
            return Ok(false);
        }
        let what = mist_readable::count(builds as u64, "build", "builds");
        if builds > 0 {
            agreed(self.yes, &format!("Let the server remove {what} now?"), "nothing was changed")?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_said_in_words() {
        let said = |keep_newest, keep_days| kept(Some(&KeepPolicy { keep_newest, keep_days }));
        assert_eq!(kept(None), "every build is kept");
        assert_eq!(said(1, None), "the newest build is kept");
        assert_eq!(said(5, Some(30)), "the newest 5 builds are kept, and all younger than 30 days");
        assert_eq!(said(2, Some(1)), "the newest 2 builds are kept, and all younger than 1 day");
    }
}
