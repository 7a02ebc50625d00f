//! `push`: a folder becomes a signed build that friends can get.
//!
//! The order is chosen so that whatever can be refused is refused before anything is created: arguments, sign-in,
//! game, version and key first, then the folder, then the server hears of it.

mod begun;
mod changes;
mod estimate;
pub(crate) mod forecast;
mod heal;
mod history;
mod ignore;
mod launch;
mod publish;
mod report;
mod suspects;
mod unmeant;
mod upload;
mod watch;

use std::{
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use bytes::Bytes;
use mist_api_client::CallTo;
use mist_command_line::{text, told};
use mist_proto::{
    Manifest, RelPath, Slug,
    http::{Build, BuildState, Push, PushQuery, Trust, route},
    key::{ReleaseKey, ReleaseSecret},
    limits,
    manifest::{LaunchEntry, UnverifiedManifest, VerifiedManifest},
};
use mist_tree::{
    fs::{Dir, EntryKind, RealDir},
    progress::Progress,
    scan::{Scan, ScanError, ScanOptions, scan},
    walk::{Reason, Refused},
};
use serde_json::json;

pub(crate) use self::publish::{Folder, publish_folder};
use self::{
    begun::Begun,
    estimate::{Foretold, KeptSignature},
    ignore::{IGNORE_FILE, IgnoreRules},
    launch::Lost,
    publish::{Candidate, Publisher},
    upload::{Sent, Source, upload},
};
use crate::{
    api::{self, Api},
    args::PushArgs,
    builds,
    failure::{Exit, refuse},
    home::Home,
    release_key,
    retry::RetryPauses,
    show::{Screen, confirm},
};

/// How long an upload that breaks off, e.g. because its right ran out, is begun again without moving forward.
const PATIENCE: Duration = Duration::from_secs(2 * 60);

/// Runs the command.
pub(crate) async fn run(home: &Home, screen: Screen, args: PushArgs) -> Result<()> {
    let started = Instant::now();
    let version = match (&args.version, &args.version_file) {
        (Some(version), _) => version.clone(),
        (None, Some(file)) => launch::version_in(file)?,
        (None, None) => return Err(refuse(Exit::Usage, "name the build with --version")),
    };
    let dir = open_folder(&args.dir)?;
    let rules = Arc::new(read_rules(&args)?);
    let asked = launch::asked(&args)?;
    let api = Api::open(home)?;

    let trust = api.trust().await?;
    let known = builds::fetch(&api, &args.game).await?;
    let begun = Begun::new(home, api.client().server(), &args.game, &version);
    let there = known.iter().find(|b| b.version == version && b.state == BuildState::Ready);
    if let Some(there) = there.filter(|_| !args.dry_run && !args.if_changed)
        && !begun.is_set()?
    {
        let published = fetch_manifest(&api, &args.game, there, &trust).await?;
        return heal::run(&api, screen, dir, &rules, &published).await;
    }
    let secret = fitting_key(home, &trust)?;
    // Whoever only asks what changed gets an answer, whatever the version is called.
    let (place, refusal) = match history::place(&known, &version, begun.is_set()?) {
        Ok(place) => (place, None),
        Err(e) if args.dry_run || args.if_changed => (history::after_newest(&known), Some(e)),
        Err(e) => return Err(refuse(Exit::Failed, e.to_string())),
    };
    let head = match place.head {
        Some(build) => Some(fetch_manifest(&api, &args.game, build, &trust).await?),
        None => None,
    };

    let before = head.as_deref();
    let entries = asked.as_deref().or(before.map(|m| &*m.launch)).unwrap_or_default();
    let programs = lost_programs(screen, entries, &*dir)?;
    let scan = scan_folder(screen, dir.clone(), rules.clone(), programs, !args.dry_run).await?;
    tell_what_rules_did(screen, &rules);
    if let Some(advice) = suspects::advice(&scan.files) {
        screen.warn(&advice);
    }
    let unmeant = unmeant::findings(&scan.files, &*dir, before.map_or(&[], |m| &m.files))?;
    for finding in &unmeant {
        screen.event(&json!({ "event": "unmeant", "path": finding.path, "why": finding.why }));
    }
    if !unmeant.is_empty() {
        screen.warn(&unmeant::describe(&unmeant));
    }
    let launch = launch::settle(asked, before.map_or(&[], |m| &m.launch), &scan.files)?;
    let candidate = Candidate {
        game: args.game.clone(),
        version,
        dir: dir.clone(),
        scan,
        launch,
        live: !args.no_live,
        raise_floor: args.raise_floor,
    };
    if args.dry_run {
        changes::show(screen, &changes::compare(before.map_or(&[], |m| &m.files), &candidate.scan.files))?;
        let Some(head) = &head else {
            return screen.line("patch: none, as it is the first build: friends fetch all of it");
        };
        let new = candidate.manifest(Some(head));
        let told = foretell(&api, home, screen, &known, head, new, dir).await?;
        screen.line(&format!("patch: {}", told.sentence()))?;
        return screen
            .record(&json!({ "event": "forecast", "patch": told.forecast, "learnt_from": told.pasts }));
    }
    if args.if_changed
        && let Some(head) = &head
        && place.own.is_none()
        && changes::is_unchanged(head, &candidate.scan, &candidate.launch)
    {
        screen.line(&format!("{} equals {}: nothing to push", args.dir.display(), head.version))?;
        return screen.record(&json!({ "event": "unchanged", "game": args.game, "version": head.version }));
    }

    if let Some(e) = refusal {
        return Err(refuse(Exit::Failed, e.to_string()));
    }
    if !unmeant.is_empty() && !args.yes && !confirm("Publish them all the same?")? {
        return Err(refuse(
            Exit::Usage,
            format!(
                "nothing was pushed: leave these files out by a line each in {IGNORE_FILE} or by --ignore, or, if \
                 friends shall have them, say y, or give --yes where there is no terminal"
            ),
        ));
    }
    let secret = match secret {
        Some(secret) => secret,
        None => first_key(home, screen)?,
    };
    let told = match &head {
        // A push that goes on was foretold when it began.
        Some(head) if place.own.is_none() => Some(
            foretell(&api, home, screen, &known, head, candidate.manifest(Some(head)), dir.clone()).await?,
        ),
        _ => None,
    };
    if let Some(told) = &told {
        screen.note(&format!("the patch will be {}", told.sentence()));
    }
    let forecast = told.map(|told| told.forecast);
    let publisher = Publisher { api: &api, screen, trust: &trust, begun: &begun, secret: &secret };
    let (push, signed, sent) = publisher.publish(candidate, place.own, head.as_ref(), forecast).await?;
    let kept = KeptSignature::new(home, api.client().server(), &args.game);
    if let Err(e) = kept.keep(screen, (*signed).clone(), dir).await {
        screen.note(&format!("the next forecast knows less of this build: {}", told_of(&e)));
    }
    report::show(&api, screen, &push, &signed, sent, started.elapsed()).await
}

fn told_of(error: &anyhow::Error) -> String {
    told(error.chain())
}

/// What is known before anything is sent of the patch from the build before.
async fn foretell(
    api: &Api,
    home: &Home,
    screen: Screen,
    known: &[Build],
    head: &Manifest,
    new: Manifest,
    dir: Arc<dyn Dir>,
) -> Result<Foretold> {
    let kept = KeptSignature::new(home, api.client().server(), &new.game);
    estimate::foretell(screen, &kept, known, head, new, dir).await
}

fn open_folder(path: &Path) -> Result<Arc<dyn Dir>> {
    let dir = RealDir::open(path)
        .map_err(|e| refuse(Exit::Usage, format!("can't open the folder {}: {e}", path.display())))?;
    Ok(Arc::new(dir))
}

fn read_rules(args: &PushArgs) -> Result<IgnoreRules> {
    let usage = |e: anyhow::Error| refuse(Exit::Usage, told(e.chain()));
    let text = text::read_if_there(&args.dir.join(IGNORE_FILE)).map_err(|e| usage(e.into()))?;
    IgnoreRules::new(text.as_deref(), &args.ignore).map_err(usage)
}

/// Says which rules did nothing, and what was left out without a rule of the user's.
fn tell_what_rules_did(screen: Screen, rules: &IgnoreRules) {
    let idle = rules.idle();
    if !idle.is_empty() {
        let n = mist_readable::count(idle.len() as u64, "rule matches", "rules match");
        screen.note(&format!("{n} nothing in the folder: {}", idle.join(", ")));
    }
    let dropped = rules.dropped();
    if !dropped.is_empty() {
        screen.note(&format!("left out what tools and systems leave in folders: {}", dropped.join(", ")));
    }
}

/// The programs that launch entries start and that have lost their executable bit, which the build gives back.
fn lost_programs(screen: Screen, entries: &[LaunchEntry], dir: &dyn Dir) -> Result<Vec<RelPath>> {
    let lost = launch::lost_bits(entries, dir)?;
    for Lost { path, is_program } in &lost {
        screen.warn(&if *is_program {
            format!("{path} is a program and not executable in the folder: it is executable in the build")
        } else {
            format!(
                "{path}, which a launch entry starts, is not executable and does not begin as a program does: \
                 friends on Linux and macOS may not be able to start it"
            )
        });
    }
    Ok(lost.into_iter().filter(|lost| lost.is_program).map(|lost| lost.path).collect())
}

/// The key of this machine, which must be the server's if that has one. `None` if neither has.
fn fitting_key(home: &Home, trust: &Trust) -> Result<Option<ReleaseSecret>> {
    release_key::settle_rotation(home, trust.release_key.as_ref())?;
    let ours = release_key::load(home)?;
    let advice = "bring the right one in with `mistpipe key import FILE`";
    match (&ours, &trust.release_key) {
        (None, Some(theirs)) => Err(refuse(
            Exit::Auth,
            format!(
                "builds of this server are signed by the release key {}, which is not on this machine: {advice}",
                theirs.fingerprint()
            ),
        )),
        (Some(ours), Some(theirs))
            if ours.public() != *theirs && !release_key::may_publish(&ours.public(), trust) =>
        {
            Err(refuse(
                Exit::Auth,
                format!(
                    "this machine's key is {}, but builds of this server are signed by {}: {advice}, or let whoever has it name you: \
                 `mistpipe publisher add NAME {}`",
                    ours.public().fingerprint(),
                    theirs.fingerprint(),
                    ours.public()
                ),
            ))
        }
        _ => Ok(ours),
    }
}

fn first_key(home: &Home, screen: Screen) -> Result<ReleaseSecret> {
    let secret = release_key::create(home)?;
    screen.note(&format!("made your release key {}", secret.public().fingerprint()));
    screen.note("only with it builds can be published: make a backup now with `mistpipe key export FILE`");
    Ok(secret)
}

/// The signed manifest of a build, verified by one of the keys that this server's builds may carry.
pub(crate) async fn fetch_manifest(
    api: &Api,
    game: &Slug,
    build: &Build,
    trust: &Trust,
) -> Result<VerifiedManifest> {
    let place = (game.clone(), build.version.clone());
    let answer = api.answer(route::GetBuildManifest, &place, |call| call.within(api::TRANSFER)).await?;
    let envelope = answer.bytes(limits::MAX_ENVELOPE).await?;
    let unverified = UnverifiedManifest::parse(envelope)?;
    let claimed = unverified.claimed_key();
    let keys: Vec<ReleaseKey> = release_key::accepted_keys(trust)?;
    let key = keys.iter().find(|k| **k == claimed).or(keys.last());
    let key = key.with_context(|| format!("{game} has builds, but the server has no release key"))?;
    let manifest = unverified.verify(key).with_context(|| format!("the manifest of {}", build.version))?;
    anyhow::ensure!(
        manifest.id() == build.manifest_id && manifest.game == *game,
        "the server answered with another manifest than that of {game}@{}",
        build.version
    );
    Ok(manifest)
}

/// What is no part of a build although it lies in its folder.
pub(crate) trait LeavesOut: Send + Sync {
    /// Whether the entry at `path` (with `/`) is left out. Nothing below a folder that is left out is looked at.
    fn leaves_out(&self, path: &str, is_folder: bool) -> bool;
}

async fn scan_folder(
    screen: Screen,
    dir: Arc<dyn Dir>,
    rules: Arc<dyn LeavesOut>,
    programs: Vec<RelPath>,
    recipe: bool,
) -> Result<Scan> {
    let meter = screen.meters().add("reading the folder");
    let work = move || {
        let ignore = |path: &str, kind: EntryKind| rules.leaves_out(path, kind == EntryKind::Dir);
        let options = ScanOptions { ignore: &ignore, recipe, programs: &programs };
        let result = scan(&*dir, &options, &mut |Progress { done, total }| {
            meter.set(done, total);
            ControlFlow::Continue(())
        });
        meter.clear();
        result
    };
    let scan = tokio::task::spawn_blocking(work).await?.map_err(|e| match e {
        ScanError::Refused(offenders) => {
            let list: Vec<String> = offenders.iter().map(|r| format!("\n  {r}")).collect();
            let n = mist_readable::count(offenders.len() as u64, "entry", "entries");
            refuse(
                Exit::Failed,
                format!(
                    "{n} of the folder can't be part of a build:{}{}",
                    list.concat(),
                    way_out(&offenders)
                ),
            )
        }
        other => other.into(),
    })?;
    anyhow::ensure!(!scan.files.is_empty(), "the folder has no files to push");
    let size = scan.files.iter().map(|f| f.size).sum();
    screen.note(&format!(
        "read {} ({})",
        mist_readable::count(scan.files.len() as u64, "file", "files"),
        mist_readable::bytes(size)
    ));
    Ok(scan)
}

/// What to do about links, if some were refused.
fn way_out(offenders: &[Refused]) -> &'static str {
    if offenders.iter().any(|r| matches!(r.reason, Reason::Link { .. })) {
        "\nA link has to be relative and lead to a file or folder of the build: make it so (`ln -sr`), put a copy of what it leads \
         to in its place (`cp -L`), or leave it out by a line in .mistignore. Nothing was sent."
    } else {
        ""
    }
}

/// Tells the server of the build and brings it what it lacks.
async fn send(
    api: &Api,
    screen: Screen,
    signed: &VerifiedManifest,
    source: &Arc<Source>,
    query: PushQuery,
) -> Result<(Push, Sent)> {
    let envelope = Bytes::copy_from_slice(signed.envelope());
    let begin = || async {
        let shape = |call: CallTo<_>| call.query(&query).within(api::TRANSFER).body(envelope.clone());
        api.call(route::BeginPush, &signed.game, shape).await
    };
    let mut sent = Sent { wire: envelope.len() as u64, content: 0 };
    let mut pauses = RetryPauses::new(PATIENCE);
    let mut is_first = true;
    loop {
        let push = begin().await?;
        let takes = if query.heal { BuildState::Ready } else { BuildState::Uploading };
        let Some(access) = push.upload.as_ref().filter(|_| push.state == takes) else {
            return if query.heal { Err(heal::not_here(&push)) } else { Ok((push, sent)) };
        };
        if std::mem::take(&mut is_first) && push.resumed && !query.heal {
            screen.note(&format!("going on with the push of {}", push.version));
        }
        let meter = screen.meters().add("uploading");
        let before = sent.content;
        let result = upload(api, access, source, &meter, &mut sent).await;
        meter.clear();
        let Err(e) = result else {
            screen.event(&json!({ "event": "uploaded", "bytes": sent.wire, "content": sent.content }));
            let then = if query.heal { "the seed checks its files" } else { "finalizing" };
            screen.note(&format!("uploaded {}, {then}", mist_readable::bytes(sent.wire)));
            return Ok((api.ask(route::FinishPush, &push.id).await?, sent));
        };
        if sent.content > before {
            pauses = RetryPauses::new(PATIENCE);
        }
        match pauses.next().filter(|_| upload::may_go_on(&e)) {
            Some(pause) => {
                screen.note(&format!("the upload broke off ({}), going on", told(e.chain())));
                tokio::time::sleep(pause).await;
            }
            None => return Err(e),
        }
    }
}
