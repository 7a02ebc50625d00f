//! From a folder that was read to a build that stands: signed, sent, and waited for.

use std::sync::Arc;

use anyhow::Result;
use mist_proto::{
    Manifest, RelPath, Slug, Version,
    http::{Build, PatchForecast, Push, PushQuery, RegisterReleaseKey, Trust, route},
    key::ReleaseSecret,
    manifest::{LaunchEntry, VerifiedManifest},
};
use mist_tree::{fs::Dir, scan::Scan};

use super::{
    LeavesOut,
    begun::Begun,
    fetch_manifest, first_key, fitting_key, history, launch, lost_programs, scan_folder, send,
    upload::{Sent, Source},
    watch,
};
use crate::{
    api::Api,
    builds,
    failure::{Exit, refuse},
    home::Home,
    show::Screen,
};

/// A folder that was read and is to become a build.
pub(super) struct Candidate {
    pub(super) game: Slug,
    pub(super) version: Version,
    pub(super) dir: Arc<dyn Dir>,
    pub(super) scan: Scan,
    pub(super) launch: Vec<LaunchEntry>,
    /// Whether it is to be what friends get by default.
    pub(super) live: bool,
    /// Whether no older build may become live again.
    pub(super) raise_floor: bool,
}

impl Candidate {
    /// The manifest of the build, after the build `head`.
    pub(super) fn manifest(&self, head: Option<&VerifiedManifest>) -> Manifest {
        let sequence = head.map_or(1, |h| h.sequence + 1);
        Manifest {
            game: self.game.clone(),
            version: self.version.clone(),
            sequence,
            parent: head.map(VerifiedManifest::id),
            floor: if self.raise_floor { sequence } else { head.map_or(1, |h| h.floor) },
            archive: self.scan.archive,
            files: self.scan.files.clone(),
            empty_dirs: self.scan.empty_dirs.clone(),
            links: self.scan.links.clone(),
            launch: self.launch.clone(),
        }
    }
}

/// What publishing one version takes.
pub(super) struct Publisher<'a> {
    pub(super) api: &'a Api,
    pub(super) screen: Screen,
    pub(super) trust: &'a Trust,
    pub(super) begun: &'a Begun<'a>,
    pub(super) secret: &'a ReleaseSecret,
}

impl Publisher<'_> {
    /// Publishes after the build `head` what `own`, if that is there, was begun for. `forecast` is kept with it.
    pub(super) async fn publish(
        &self,
        candidate: Candidate,
        own: Option<&Build>,
        head: Option<&VerifiedManifest>,
        forecast: Option<PatchForecast>,
    ) -> Result<(Push, VerifiedManifest, Sent)> {
        let signed = candidate.manifest(head).sign(self.secret)?;
        let Candidate { game, version, dir, scan, live, .. } = candidate;
        if own.is_some_and(|own| own.manifest_id != signed.id()) {
            return Err(refuse(
                Exit::Failed,
                format!(
                    "a push of {version} was begun with other files: push them under another version, or remove what was \
                     begun with `mistpipe rm {game}@{version}`"
                ),
            ));
        }
        if self.trust.release_key.is_none() {
            let key = RegisterReleaseKey { key: self.secret.public() };
            self.api.call(route::RegisterKey, &(), |call| call.json(&key)).await?;
        }
        self.begun.set()?;
        let paths = signed.files.iter().map(|f| f.path.clone()).collect();
        let source = Arc::new(Source { dir, paths, recipe: scan.recipe });
        let query = PushQuery {
            live,
            heal: false,
            forecast: forecast.as_ref().map(|f| f.bytes),
            forecast_raw: forecast.as_ref().map(|f| f.raw),
            forecast_by: forecast.map(|f| f.by),
        };
        let (push, sent) = send(self.api, self.screen, &signed, &source, query).await?;
        let push = watch::until_ready(self.api, self.screen, push).await?;
        self.begun.clear()?;
        Ok((push, signed, sent))
    }
}

/// A folder whose content is known already, to be published without a question.
pub(crate) struct Folder {
    /// The game that it belongs to, which is in the catalogue.
    pub(crate) game: Slug,
    /// Label of the build, which is not ready on the server.
    pub(crate) version: Version,
    /// The files.
    pub(crate) dir: Arc<dyn Dir>,
    /// What lies in the folder and is no part of the build.
    pub(crate) rules: Arc<dyn LeavesOut>,
    /// How to start the game, where that is said. Entries whose program is not in the build are dropped.
    pub(crate) launch: Option<Vec<LaunchEntry>>,
}

/// Publishes a folder after the newest build, without making it live. What it sent, in bytes.
///
/// # Errors
/// As a push.
pub(crate) async fn publish_folder(home: &Home, api: &Api, screen: Screen, folder: Folder) -> Result<u64> {
    let Folder { game, version, dir, rules, launch: asked } = folder;
    let trust = api.trust().await?;
    let known = builds::fetch(api, &game).await?;
    let begun = Begun::new(home, api.client().server(), &game, &version);
    let secret = match fitting_key(home, &trust)? {
        Some(secret) => secret,
        None => first_key(home, screen)?,
    };
    let place =
        history::place(&known, &version, begun.is_set()?).map_err(|e| refuse(Exit::Failed, e.to_string()))?;
    let head = match place.head {
        Some(build) => Some(fetch_manifest(api, &game, build, &trust).await?),
        None => None,
    };
    let before = head.as_deref().map_or(&[][..], |m| &m.launch);
    let programs: Vec<RelPath> = lost_programs(screen, asked.as_deref().unwrap_or(before), &*dir)?;
    let scan = scan_folder(screen, dir.clone(), rules, programs, true).await?;
    let asked = asked.map(|entries| launch::present(&entries, &scan.files));
    let launch = launch::settle(asked, before, &scan.files)?;
    let candidate = Candidate { game, version, dir, scan, launch, live: false, raise_floor: false };
    let publisher = Publisher { api, screen, trust: &trust, begun: &begun, secret: &secret };
    let (_, _, sent) = publisher.publish(candidate, place.own, head.as_ref(), None).await?;
    Ok(sent.wire)
}
