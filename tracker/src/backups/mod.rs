//! Backups that the server makes by itself: [`plan`] says when (pure), [`file`] writes one.
//!
//! What is in the folder is all that is known of them, so that several trackers may share one, and an operator may take some away.

pub mod file;
pub mod plan;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use mist_proto::{UnixMillis, http::BackupStats};
use tokio::runtime::Handle;

use self::plan::Rule;
use crate::db::Db;

/// The backups of a server that makes them.
pub struct Backups {
    folder: PathBuf,
    key: [u8; 32],
    rule: Rule,
    known: Mutex<Known>,
}

/// What was seen when it was looked last.
#[derive(Debug, Clone, Default)]
struct Known {
    newest: Option<UnixMillis>,
    count: u64,
    problem: Option<String>,
}

impl Backups {
    /// Backups with that key of a tracker, in that folder, which is made when the first one is.
    pub fn new(folder: PathBuf, key: [u8; 32], rule: Rule) -> Self {
        Self { folder, key, rule, known: Mutex::default() }
    }

    /// How they are.
    pub fn stats(&self, started: UnixMillis, now: UnixMillis) -> BackupStats {
        let Known { newest, count, problem } =
            self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        BackupStats {
            folder: self.folder.display().to_string(),
            hours: self.rule.hours,
            keep: u64::try_from(self.rule.keep).unwrap_or(u64::MAX),
            newest,
            count,
            late: self.rule.is_late(newest, started, now),
            problem,
        }
    }

    /// Makes one if it is due, and removes the oldest that are too many then.
    pub async fn keep(self: Arc<Self>, db: Db, now: UnixMillis) {
        // Compressing takes a while, and nobody else is to wait for it.
        let runtime = Handle::current();
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            runtime.block_on(this.look(&db, now)).map_err(|e| mist_command_line::told(e.chain()).to_string())
        });
        let problem = match done.await {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why),
            Err(e) => Some(e.to_string()),
        };
        if let Some(why) = &problem {
            tracing::warn!(folder = %self.folder.display(), why, "no backup was made; it is tried again");
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).problem = problem;
    }

    async fn look(&self, db: &Db, now: UnixMillis) -> anyhow::Result<()> {
        let mut names = names_in(&self.folder)?;
        self.note(&names);
        if !self.rule.is_due(plan::newest(&names), now) {
            return Ok(());
        }
        make_private(&self.folder)?;
        let name = plan::name_of(now);
        let rows = file::write(db, &self.key, &self.folder.join(&name)).await?;
        tracing::info!(file = %self.folder.join(&name).display(), rows, "a backup was made");
        names.push(name);
        let gone: Vec<String> = self.rule.to_remove(&names).into_iter().map(str::to_owned).collect();
        for name in &gone {
            match fs::remove_file(self.folder.join(name)) {
                // Another tracker that shares the folder may have done it.
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
                _ => {}
            }
        }
        names.retain(|name| !gone.contains(name));
        self.note(&names);
        Ok(())
    }

    fn note(&self, names: &[String]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.newest = plan::newest(names);
        known.count = names.iter().filter(|name| plan::time_of(name).is_some()).count() as u64;
    }
}

fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Makes the folder, for this user alone, if it is not there.
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}
