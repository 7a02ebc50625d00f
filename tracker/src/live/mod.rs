//! Settings that may change while the tracker serves. What somebody sets in the portal is in the database, and each tracker
//! reads it every few seconds; a setting that the file, the environment or a flag gives is locked.

mod change;
pub mod declared;
pub mod handlers;

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::http::{ServerSettings, SettingSource};
use mist_seed_node::declared::UPLOAD_LIMIT;
use mist_settings::{Declared, Problem, Settings};
use tokio::sync::watch;

use self::declared::{
    COPIES, DIRECT_PATCH_ABOVE, HISTORY_BY_FRIEND, HISTORY_DAYS, REQUESTS_PER_MINUTE, REVERSE_PATCHES,
};
use crate::{
    db::{self, DbError, settings::Kept},
    records::Records,
};

/// Every setting that may change while the tracker serves.
pub const LIVE: &[&dyn Declared] = &[
    &REQUESTS_PER_MINUTE,
    &DIRECT_PATCH_ABOVE,
    &REVERSE_PATCHES,
    &COPIES,
    &HISTORY_DAYS,
    &HISTORY_BY_FRIEND,
    &UPLOAD_LIMIT,
];

/// What is in force of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// Requests a minute that one account, and one network, may make; 0 for any number.
    pub requests_per_minute: u32,
    /// Bytes of a chain of patches above which the first who asks gets a direct one made.
    pub direct_patch_above: u64,
    /// Whether to make patches that lead back to older builds.
    pub reverse_patches: bool,
    /// Seeds that are to have each build.
    pub copies: usize,
    /// Days for which daily figures are kept.
    pub history_days: u32,
    /// Whether figures of each friend are kept.
    pub history_by_friend: bool,
    /// Bytes a second that the embedded seed sends by QUIC; no bound if there is none.
    pub upload_limit: Option<u64>,
}

impl Live {
    /// What these settings say.
    ///
    /// # Errors
    /// A value that makes no sense.
    pub fn of(given: &Settings) -> Result<Self, Problem> {
        Ok(Self {
            requests_per_minute: given.must(&REQUESTS_PER_MINUTE)?,
            direct_patch_above: megabytes(given.must(&DIRECT_PATCH_ABOVE)?),
            reverse_patches: given.must(&REVERSE_PATCHES)?,
            copies: given.must(&COPIES)?,
            history_days: given.must(&HISTORY_DAYS)?,
            history_by_friend: given.must(&HISTORY_BY_FRIEND)?,
            upload_limit: given.one(&UPLOAD_LIMIT)?,
        })
    }

    /// The same with what was set meanwhile.
    fn with(self, set: &Settings) -> Result<Self, Problem> {
        let direct_patch_above = set.set_meanwhile(&DIRECT_PATCH_ABOVE)?.map(megabytes);
        Ok(Self {
            requests_per_minute: set.set_meanwhile(&REQUESTS_PER_MINUTE)?.unwrap_or(self.requests_per_minute),
            direct_patch_above: direct_patch_above.unwrap_or(self.direct_patch_above),
            reverse_patches: set.set_meanwhile(&REVERSE_PATCHES)?.unwrap_or(self.reverse_patches),
            copies: set.set_meanwhile(&COPIES)?.unwrap_or(self.copies),
            history_days: set.set_meanwhile(&HISTORY_DAYS)?.unwrap_or(self.history_days),
            history_by_friend: set.set_meanwhile(&HISTORY_BY_FRIEND)?.unwrap_or(self.history_by_friend),
            upload_limit: set.set_meanwhile(&UPLOAD_LIMIT)?.or(self.upload_limit),
        })
    }
}

fn megabytes(n: u64) -> u64 {
    n.saturating_mul(1_000_000)
}

/// What is in force, and what it follows from.
#[derive(Debug, Clone)]
pub struct InForce {
    /// What is in force.
    pub live: Live,
    /// What the database had.
    read: BTreeMap<String, Kept>,
    /// What of it counts.
    set: BTreeMap<String, Kept>,
}

/// What the tracker began with, and what was set since.
pub struct LiveSettings {
    /// As it began.
    first: Live,
    /// All settings as they were when it began, for people.
    described: ServerSettings,
    now: watch::Sender<Arc<InForce>>,
}

impl LiveSettings {
    /// Nothing was set yet. `described` has all settings, with what gave each.
    pub fn new(first: Live, described: ServerSettings) -> Self {
        let now = InForce { live: first, read: BTreeMap::new(), set: BTreeMap::new() };
        Self { first, described, now: watch::Sender::new(Arc::new(now)) }
    }

    /// What is in force.
    pub fn now(&self) -> Live {
        self.now.borrow().live
    }

    /// Hears of changes.
    pub fn watch(&self) -> watch::Receiver<Arc<InForce>> {
        self.now.subscribe()
    }

    /// All settings as they are in force, for people.
    pub fn described(&self) -> ServerSettings {
        let now = Arc::clone(&self.now.borrow());
        let mut described = self.described.clone();
        for setting in described.settings.iter_mut().filter(|s| s.source == SettingSource::Default) {
            let Some(kept) = now.set.get(&setting.name) else { continue };
            setting.value = Some(kept.value.clone());
            setting.source = SettingSource::Portal;
            setting.given_by = Some(kept.changed_by.clone());
            setting.changed = Some(kept.changed);
        }
        described
    }

    /// Whether nothing but the portal gives this setting; none if there is no such setting.
    fn is_free(&self, name: &str) -> Option<bool> {
        let setting = self.described.settings.iter().find(|setting| setting.name == name)?;
        Some(setting.source == SettingSource::Default)
    }

    /// Takes what the database has.
    ///
    /// # Errors
    /// [`DbError`]; then what is in force stays.
    pub async fn read(&self, records: &Records) -> Result<(), DbError> {
        let read = db::settings::all(&mut records.read().await?).await?;
        if self.now.borrow().read == read {
            return Ok(());
        }
        let free = |name: &str| read.get(name).filter(|_| self.is_free(name) == Some(true));
        let said = |name: &str| free(name).map(|kept| (kept.value.clone(), kept.changed_by.clone()));
        let (kept, wrong) = Settings::kept(LIVE, said);
        for problem in &wrong {
            tracing::warn!(error = %problem, "a setting is not used: set it anew in the portal");
        }
        let live = self.first.with(&kept).unwrap_or_else(|e| {
            tracing::warn!(error = %e, "settings are not used: set them anew in the portal");
            self.first
        });
        let counts = |name: &str| kept.shown().iter().any(|shown| shown.name == name);
        let set = read.iter().filter(|(name, _)| counts(name));
        let set = set.map(|(name, kept)| (name.clone(), kept.clone())).collect();
        self.now.send_replace(Arc::new(InForce { live, read, set }));
        Ok(())
    }
}
