//! The environment variables of all programs of Mist, so that each knows which are meant for another one.

/// All of them, by name. `docs/configuration.md` has the same ones.
pub const VARIABLES: &[&str] = &[
    "MIST_ADMIN_PASSWORD",
    "MIST_ADMIN_PASSWORD_FILE",
    "MIST_ADMIN_USER",
    "MIST_ADVERTISE",
    "MIST_ARCHIVE_CACHE",
    "MIST_AUTO_UPDATE",
    "MIST_BACKUP_DIR",
    "MIST_BACKUP_HOURS",
    "MIST_BACKUP_KEEP",
    "MIST_COPIES",
    "MIST_DATABASE_URL",
    "MIST_DATABASE_URL_FILE",
    "MIST_DATA_DIR",
    "MIST_DIRECT_PATCH_ABOVE",
    "MIST_DISCORD_URL",
    "MIST_DOWN",
    "MIST_DOWN_PLAYING",
    "MIST_DOWN_SCHEDULE",
    "MIST_EMBEDDED_SEED",
    "MIST_FIRST_SEED_TOKEN",
    "MIST_FIRST_SEED_TOKEN_FILE",
    "MIST_HISTORY_BY_FRIEND",
    "MIST_HISTORY_DAYS",
    "MIST_HOME",
    "MIST_JUMP_CACHE",
    "MIST_KEEP_FREE",
    "MIST_KEEP_PREVIOUS",
    "MIST_LAN_DISCOVERY",
    "MIST_LIBRARY_FOLDERS",
    "MIST_LIMIT_LAN",
    "MIST_LISTEN",
    "MIST_LOG",
    "MIST_LOG_FORMAT",
    "MIST_METRICS_LISTEN",
    "MIST_NGINX_LOCATION",
    "MIST_PASSWORD",
    "MIST_PATCH_CACHE",
    "MIST_PATCH_FROM",
    "MIST_PATCH_MEMORY",
    "MIST_PUBLIC_URL",
    "MIST_QUIC_LISTEN",
    "MIST_REDIS_PREFIX",
    "MIST_REDIS_URL",
    "MIST_REDIS_URL_FILE",
    "MIST_REQUESTS_PER_MINUTE",
    "MIST_REVERSE_PATCHES",
    "MIST_SCRUB_DAYS",
    "MIST_SCRUB_RATE",
    "MIST_SECRETS",
    "MIST_SEED_CONFIG",
    "MIST_SEED_DATA",
    "MIST_SEED_TOKEN",
    "MIST_SEED_TOKEN_FILE",
    "MIST_SERVER",
    "MIST_STEAM_URL",
    "MIST_STORE",
    "MIST_THREADS",
    "MIST_TOKEN",
    "MIST_TOKEN_FILE",
    "MIST_TRACKER",
    "MIST_TRACKER_CONFIG",
    "MIST_TRUSTED_PROXIES",
    "MIST_UP",
    "MIST_UPLOAD_LIMIT",
    "MIST_UPLOAD_QUOTA",
    "MIST_UPLOAD_SCHEDULE",
    "MIST_UP_PLAYING",
    "MIST_UP_SCHEDULE",
    "MIST_WAIT_BATTERY",
    "MIST_WAIT_METERED",
    "MIST_WHOLE_BUILDS",
    "MIST_WORKERS",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_documentation_is_of_these_variables() {
        let documentation = include_str!("../../docs/configuration.md");
        let is_part = |c: char| c.is_ascii_uppercase() || c == '_';
        let named: BTreeSet<&str> =
            documentation.split(|c| !is_part(c)).filter(|word| word.starts_with("MIST_")).collect();
        let known: BTreeSet<&str> = VARIABLES.iter().copied().collect();
        assert_eq!(known.len(), VARIABLES.len(), "one stands there twice");
        let missing: Vec<_> = named.difference(&known).collect();
        assert!(missing.is_empty(), "no program is said to read {missing:?}");
        // That a secret may be in a file of its own is said once, for all of them.
        let secret = |name: &str| name.strip_suffix("_FILE").is_some_and(|name| named.contains(name));
        let unsaid: Vec<_> = known.iter().filter(|name| !named.contains(*name) && !secret(name)).collect();
        assert!(unsaid.is_empty(), "docs/configuration.md does not tell of {unsaid:?}");
    }
}
