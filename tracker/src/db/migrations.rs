//! The files of `migrations/`, compiled in.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// Number, name and text of each.
const FILES: [(i64, &str, &str); 14] = [
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
    (13, "covers and notes", include_str!("../../../migrations/0013_covers_and_notes.sql")),
    (14, "patch stories", include_str!("../../../migrations/0014_patch_stories.sql")),
    (15, "notices", include_str!("../../../migrations/0015_notices.sql")),
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
