//! The files of `migrations/`, compiled in.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// Number, name and text of each.
const FILES: [(i64, &str, &str); 25] = [
    (1, "first", include_str!("../../../migrations/0001_first.sql")),
    (2, "jumps", include_str!("../../../migrations/0002_jumps.sql")),
    (3, "old builds", include_str!("../../../migrations/0003_old_builds.sql")),
    (4, "friends elsewhere", include_str!("../../../migrations/0004_friends_elsewhere.sql")),
    (5, "replicas", include_str!("../../../migrations/0005_replicas.sql")),
    (6, "several seeds", include_str!("../../../migrations/0006_several_seeds.sql")),
    (7, "wire bytes", include_str!("../../../migrations/0007_wire_bytes.sql")),
    (8, "denied accounts", include_str!("../../../migrations/0008_denied_accounts.sql")),
    (9, "browser cookies", include_str!("../../../migrations/0009_browser_cookies.sql")),
    (10, "invites", include_str!("../../../migrations/0010_invites.sql")),
    (11, "api tokens", include_str!("../../../migrations/0011_api_tokens.sql")),
    (12, "second factors", include_str!("../../../migrations/0012_second_factors.sql")),
    (13, "covers and notes", include_str!("../../../migrations/0013_covers_and_notes.sql")),
    (14, "patch stories", include_str!("../../../migrations/0014_patch_stories.sql")),
    (15, "notices", include_str!("../../../migrations/0015_notices.sql")),
    (16, "job logs", include_str!("../../../migrations/0016_job_logs.sql")),
    (17, "keep policies", include_str!("../../../migrations/0017_keep_policies.sql")),
    (18, "forecasts", include_str!("../../../migrations/0018_forecasts.sql")),
    (19, "history", include_str!("../../../migrations/0019_history.sql")),
    (21, "settings", include_str!("../../../migrations/0021_settings.sql")),
    (22, "recovery keys", include_str!("../../../migrations/0022_recovery_keys.sql")),
    (23, "publishers", include_str!("../../../migrations/0023_publishers.sql")),
    (24, "build samples", include_str!("../../../migrations/0024_build_samples.sql")),
    (25, "scrubs", include_str!("../../../migrations/0025_scrubs.sql")),
    (28, "clients", include_str!("../../../migrations/0028_clients.sql")),
];

/// All of them, to be run on a database.
pub(super) fn all() -> Migrator {
    let migration = |(number, name, text): (i64, &'static str, &'static str)| {
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(FILES.into_iter().map(migration).collect())
}

/// Those up to this number: the schema of an earlier release.
pub(super) fn up_to(number: i64) -> Migrator {
    Migrator::with_migrations(all().iter().filter(|m| m.version <= number).cloned().collect())
}

/// Their numbers, in order.
pub fn numbers() -> impl Iterator<Item = i64> {
    FILES.into_iter().map(|(number, ..)| number)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use data_encoding::HEXLOWER;

    use super::*;
    use crate::db::{Db, factors};

    /// Every database that ran a file knows its checksum, and refuses another.
    #[test]
    fn what_was_released_has_not_changed() {
        let committed: BTreeMap<&str, &str> =
            include_str!("../../../migrations/checksums").lines().filter_map(|l| l.split_once(' ')).collect();
        for migration in all().iter() {
            let name = format!("{:04}_{}.sql", migration.version, migration.description.replace(' ', "_"));
            let now = HEXLOWER.encode(&migration.checksum);
            assert_eq!(
                committed.get(&*name),
                Some(&&*now),
                "{name}: a new file's line goes into migrations/checksums"
            );
        }
    }

    /// Two branches of work may take numbers that are released in another order.
    #[tokio::test]
    async fn a_number_between_those_that_ran_is_run_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open_sqlite(&folder.path().join("mist.db")).await.expect("a database");
        let Db::Lite { write, .. } = &db else { panic!("it is SQLite") };
        let others = all().iter().filter(|m| m.version != 12).cloned().collect();
        Migrator::with_migrations(others).run(write).await.expect("those of yesterday");
        for _ in 0..2 {
            db.migrate().await.expect("that of today");
        }
        let mut tx = db.read().await.expect("a transaction");
        assert!(factors::get(&mut tx, "u1").await.expect("the table is there").is_none());
    }

    #[test]
    fn every_file_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        let files: BTreeMap<String, String> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry"))
            .filter(|entry| entry.path().extension().is_some_and(|e| e == "sql"))
            .map(|entry| {
                let text = fs::read_to_string(entry.path()).expect("a text");
                (entry.file_name().into_string().expect("a name"), text)
            })
            .collect();
        let listed = FILES.into_iter().map(|(number, name, text)| {
            (format!("{number:04}_{}.sql", name.replace(' ', "_")), text.to_owned())
        });
        assert_eq!(listed.collect::<BTreeMap<_, _>>(), files);
    }
}
