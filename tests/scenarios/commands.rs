//! The commands of `mistpipe` that change or tell something and that no other promise is about: what each says to a program, line by
//! line, and what it did.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mist_proto::http::{
    ApiToken, Build, Change, ChangeKind, Game, GameField, Invite, Job, JobSpec, JobState, KeepReason,
    Notifications, Pruned,
};
use mist_system_tests::{
    Admin, DiscordStandIn, Scene, Server, ServerOptions, SteamStandIn, Tree, eventually, random_bytes,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Generous: a busy machine makes a patch several times as slowly.
const LIMIT: Duration = Duration::from_secs(240);
/// A patch of so much takes some seconds in a debug build.
const SLOW: usize = 48 << 20;

/// What a command says with `--json`: each line is one record.
fn told<T: DeserializeOwned>(admin: &Admin, args: &[&str]) -> Result<Vec<T>> {
    let said = admin.mistpipe(args)?.arg("--json").run(LIMIT)?.success()?.stdout;
    said.lines().map(|line| serde_json::from_str(line).with_context(|| format!("{args:?}: {line}"))).collect()
}

/// What a command says that makes one record.
fn one<T: DeserializeOwned>(admin: &Admin, args: &[&str]) -> Result<T> {
    let mut all = told(admin, args)?;
    ensure!(all.len() == 1, "{args:?} made {} records", all.len());
    all.pop().context("a record")
}

/// `mistpipe status --json`.
#[derive(Deserialize)]
struct Status {
    game: Game,
    builds: Vec<Build>,
    jobs: Vec<Job>,
}

fn status(admin: &Admin) -> Result<Status> {
    one(admin, &["status", "drift"])
}

fn versions(admin: &Admin) -> Result<Vec<String>> {
    let builds: Vec<Build> = told(admin, &["ls", "drift"])?;
    Ok(builds.iter().map(|build| build.version.to_string()).collect())
}

fn build(version: u64) -> Tree {
    let tree = Tree::default().file("data/same.bin", random_bytes(1, 200_000)).file("readme.txt", "read me");
    match version {
        1 => {
            tree.file("data/gone.bin", random_bytes(2, 30_000)).file("old/name.bin", random_bytes(3, 40_000))
        }
        n => tree.file("new/name.bin", random_bytes(3, 40_000)).file("data/new.bin", random_bytes(n, 20_000)),
    }
}

#[test]
fn builds_are_looked_into_kept_made_live_and_pruned() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = Server::with_builds(scene, [1, 2, 3].map(build))?;
        let files: Vec<Value> = told(&admin, &["files", "drift@1"])?;
        let paths: Vec<&str> = files.iter().filter_map(|file| file["path"].as_str()).collect();
        ensure!(paths == ["data/gone.bin", "data/same.bin", "old/name.bin", "readme.txt"], "{paths:?}");
        ensure!(files[1]["size"] == 200_000, "{files:?}");
        let found: Vec<Value> = told(&admin, &["files", "drift@1", "--search", "name"])?;
        ensure!(found.len() == 1 && found[0]["path"] == "old/name.bin", "{found:?}");

        let changes: Vec<Change> = told(&admin, &["diff", "drift@1", "2"])?;
        let kind = |path: &str| changes.iter().find(|c| c.path.as_str() == path).map(|c| c.kind);
        ensure!(kind("data/gone.bin") == Some(ChangeKind::Removed), "{changes:?}");
        ensure!(kind("data/new.bin") == Some(ChangeKind::Added), "{changes:?}");
        ensure!(kind("new/name.bin") == Some(ChangeKind::Moved), "{changes:?}");
        ensure!(kind("data/same.bin").is_none(), "{changes:?}");
        let first: Vec<Change> = told(&admin, &["diff", "drift@1", "drift@2", "--limit", "1"])?;
        ensure!(first.len() == 1, "{first:?}");

        let written: Build = one(&admin, &["edit", "drift@2", "--notes", "Name is elsewhere."])?;
        ensure!(written.version.as_str() == "2" && written.notes == "Name is elsewhere.", "{written:?}");
        let pinned: Build = one(&admin, &["pin", "drift@1"])?;
        ensure!(pinned.version.as_str() == "1" && pinned.pinned, "{pinned:?}");
        let now = status(&admin)?;
        ensure!(now.game.live.as_ref().is_some_and(|live| live.as_str() == "3"), "{:?}", now.game);
        let told_of = |n: usize| (now.builds[n].pinned, now.builds[n].notes.as_str());
        ensure!(now.builds.len() == 3 && now.builds[2].live, "{:?}", now.builds);
        ensure!(told_of(0) == (true, "") && told_of(1) == (false, "Name is elsewhere."), "{:?}", now.builds);

        // The one in the middle alone is nobody's reason to stay.
        let prune = ["prune", "drift", "--keep", "1"];
        let would: Pruned = one(&admin, &[&prune[..], &["--dry-run"]].concat())?;
        let reasons: Vec<_> = would.kept.iter().map(|kept| (kept.version.as_str(), kept.reason)).collect();
        ensure!(reasons == [("1", KeepReason::Pinned), ("3", KeepReason::Live)], "{would:?}");
        ensure!(versions(&admin)? == ["1", "2", "3"], "it only said what would go");
        let unasked = admin.mistpipe(&prune)?.run(LIMIT)?.expect(2)?;
        ensure!(unasked.said().contains("nothing was removed"), "{}", unasked.said());
        let done: Pruned = one(&admin, &[&prune[..], &["--yes"]].concat())?;
        ensure!(done == would && versions(&admin)? == ["1", "3"], "{done:?}");
        let free: Build = one(&admin, &["pin", "drift@1", "--off"])?;
        ensure!(!free.pinned, "{free:?}");

        let live: Vec<Value> = told(&admin, &["live", "drift@1"])?;
        let events: Vec<&str> = live.iter().filter_map(|record| record["event"].as_str()).collect();
        ensure!(events == ["reach", "live"] && live[1]["version"] == "1", "{live:?}");
        ensure!(status(&admin)?.builds[0].live, "it is not live");
        let later: Vec<Value> = told(&admin, &["live", "drift@3", "--at", "2d"])?;
        let at = status(&admin)?.builds[1].live_at.context("it does not go live by itself")?;
        ensure!(later.last().is_some_and(|record| record["at"] == at.0), "{later:?}");
        let cancelled: Value = one(&admin, &["live", "drift", "--cancel"])?;
        ensure!(cancelled["event"] == "live_cancelled", "{cancelled}");
        ensure!(status(&admin)?.builds.iter().all(|build| build.live_at.is_none()), "it still goes live");
        let friend = server.friend("eve")?;
        friend.install("drift")?;
        ensure!(friend.status("drift")?.version.as_deref() == Some("1"));
        Ok(())
    })
}

#[test]
fn what_steam_says_comes_again_and_what_was_written_is_reset() -> Result<()> {
    Scene::play(|scene| {
        let url = SteamStandIn::start()?.url;
        let settings = vec![("MIST_STEAM_URL", url)];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let admin = server.admin()?;
        let nothing = admin.mistpipe(&["resync-steam", "--json"])?.run(LIMIT)?.expect(4)?;
        ensure!(nothing.json::<Value>()?["event"] == "error", "{}", nothing.said());
        admin.new_game("homebrew")?;
        admin.new_game("portal")?;
        let edited: Game = one(&admin, &["edit", "portal", "--app-id", "400", "--title", "Mine"])?;
        ensure!(edited.app_id == Some(400) && edited.by_hand == [GameField::Title], "{edited:?}");
        let pulled: Vec<Game> = told(&admin, &["resync-steam"])?;
        ensure!(pulled.len() == 1, "only what is from Steam: {pulled:?}");
        let pulled: Game = one(&admin, &["resync-steam", "portal"])?;
        ensure!(
            (pulled.title.as_str(), pulled.description.as_str()) == ("Mine", "Think with portals"),
            "{pulled:?}"
        );
        let reset: Game = one(&admin, &["edit", "portal", "--reset", "title"])?;
        ensure!(reset.title == "Portal" && reset.by_hand.is_empty(), "{reset:?}");
        Ok(())
    })
}

#[test]
fn links_tokens_and_the_webhook_are_listed_and_taken_back() -> Result<()> {
    Scene::play(|scene| {
        let discord = DiscordStandIn::start()?;
        let settings = vec![("MIST_DISCORD_URL", discord.url.clone())];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let admin = server.admin()?;

        let made: Value = one(&admin, &["invite", "--note", "for eve"])?;
        let link = made["link"].as_str().context("a link")?;
        let listed: Vec<Invite> = told(&admin, &["invite", "ls"])?;
        ensure!(listed.len() == 1 && listed[0].note == "for eve" && listed[0].used == 0, "{listed:?}");
        ensure!(made["invite"]["id"] == listed[0].id.as_str(), "{made}");
        let removed: Value = one(&admin, &["invite", "rm", &listed[0].id])?;
        ensure!(removed["removed"] == listed[0].id.as_str(), "{removed}");
        ensure!(told::<Invite>(&admin, &["invite", "ls"])?.is_empty(), "the link is still there");
        let join = server.newcomer("eve").mist(&["join", link, "--user", "eve", "--password-stdin"])?;
        let refused = join.stdin("a good password of eve").run(LIMIT)?;
        ensure!(refused.code() != Some(0), "the link still counts: {}", refused.said());
        admin.mistpipe(&["invite", "rm", &listed[0].id])?.run(LIMIT)?.expect(4)?;

        let made: Value = one(&admin, &["token", "add", "nightly", "--level", "read"])?;
        let secret = made["secret"].as_str().context("a secret")?;
        let listed: Vec<ApiToken> = told(&admin, &["token", "ls"])?;
        ensure!(listed.len() == 1 && listed[0].name == "nightly", "{listed:?}");
        let machine =
            server.machine("script").with_env("MIST_TOKEN", secret).with_env("MIST_SERVER", &server.url());
        machine.run(&["ls"])?;
        let removed: Value = one(&admin, &["token", "rm", &listed[0].id])?;
        ensure!(removed["removed"] == listed[0].id.as_str(), "{removed}");
        ensure!(told::<ApiToken>(&admin, &["token", "ls"])?.is_empty(), "the token is still there");
        machine.mistpipe(&["ls"])?.run(LIMIT)?.expect(3)?;

        let none: Notifications = one(&admin, &["notify", "show"])?;
        ensure!(none.webhook.is_none(), "{none:?}");
        let webhook = format!("{}/api/webhooks/1234567890/{}", discord.url, "a_secret_".repeat(7));
        admin.mistpipe(&["notify", "set"])?.stdin(webhook).run(LIMIT)?.success()?;
        let shown: Notifications = one(&admin, &["notify", "show"])?;
        ensure!(shown.webhook.as_deref() == Some("1234567890") && !shown.kinds.is_empty(), "{shown:?}");
        let off: Value = one(&admin, &["notify", "off"])?;
        ensure!(off["event"] == "notify_off", "{off}");
        let none: Notifications = one(&admin, &["notify", "show"])?;
        ensure!(none.webhook.is_none(), "{none:?}");
        admin.mistpipe(&["notify", "test"])?.run(LIMIT)?.expect(1)?;
        ensure!(discord.texts().is_empty(), "{:?}", discord.texts());
        Ok(())
    })
}

#[test]
fn a_job_is_cancelled_and_run_again() -> Result<()> {
    Scene::play(|scene| {
        let old = random_bytes(31, SLOW);
        let mut new = old.clone();
        new.iter_mut().step_by(4096).for_each(|byte| *byte ^= 1);
        let (_server, admin) = Server::with_builds(scene, [Tree::default().file("data/a.bin", old)])?;
        Tree::default().file("data/a.bin", new).write_to(&scene.path("2"))?;
        let push = admin.pushing(&scene.path("2"), "drift", "2")?.start()?;
        let of_patch = |job: &Job| matches!(&job.spec, JobSpec::Patch(patch) if patch.to.as_str() == "2");
        let job = eventually("the patch has a job", LIMIT, || {
            let open: Vec<Job> = told(&admin, &["jobs", "--open"])?;
            Ok(open.into_iter().find(of_patch))
        })?;
        let cancelled: Value = one(&admin, &["cancel", &job.id])?;
        ensure!(cancelled["event"] == "cancelled" && cancelled["job"] == job.id.as_str(), "{cancelled}");
        let now = status(&admin)?;
        let given_up = now.jobs.into_iter().find(|one| one.id == job.id).context("the job is not there")?;
        ensure!(given_up.state == JobState::Failed, "{given_up:?}");
        ensure!(given_up.error.as_deref() == Some("cancelled by admin"), "{given_up:?}");
        // However the push ends without its patch: it is there.
        push.finish(LIMIT)?;
        ensure!(versions(&admin)? == ["1", "2"]);

        let again: Value = one(&admin, &["retry", &job.id])?;
        ensure!(again["event"] == "retried", "{again}");
        eventually("the patch is made", LIMIT, || {
            let failed: Vec<Job> = told(&admin, &["jobs", "--open"])?;
            ensure!(failed.iter().all(|job| job.state != JobState::Failed), "{failed:?}");
            Ok((!failed.iter().any(of_patch)).then_some(()))
        })?;
        ensure!(admin.patch_size("drift", "1", "2")? > 0);
        admin.mistpipe(&["cancel", "no-such-job"])?.run(LIMIT)?.expect(4)?;
        Ok(())
    })
}
