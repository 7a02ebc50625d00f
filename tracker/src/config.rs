//! The tracker's settings: what there is, and what is in force.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use ipnet::IpNet;
use mist_proto::{
    http::{ServerSetting, ServerSettings, SettingSource},
    ids::UserName,
};
use mist_seed_node::{
    SeedLimits,
    declared::{
        self, ARCHIVE_CACHE, JUMP_CACHE, KEEP_FREE, LAN_DISCOVERY, NGINX_LOCATION, PATCH_MEMORY, SCRUB_DAYS,
        SCRUB_RATE, THREADS, TRUSTED_PROXIES, UPLOAD_LIMIT, UPLOAD_QUOTA, UPLOAD_SCHEDULE, WHOLE_BUILDS,
        WORKERS,
    },
    reachable_address,
    uplink::Uplink,
};
use mist_settings::{Declared, Flags, Program, Setting, Settings, Shown, Source, text};
use reqwest::Url;

use crate::{
    backups::plan::Rule,
    catalog::steam,
    live::{
        Live,
        declared::{
            COPIES, DIRECT_PATCH_ABOVE, HISTORY_BY_FRIEND, HISTORY_DAYS, REQUESTS_PER_MINUTE, REVERSE_PATCHES,
        },
    },
    notices::discord,
    shared,
};

/// A year.
const MOST_BACKUP_HOURS: u32 = 8760;

const DATA_DIR: Setting<PathBuf> =
    Setting::new("data_dir", "DIR", "Folder of the database and keys; never on a NAS.", text::<PathBuf>)
        .unset("`mist-tracker` in your data folder");
const LISTEN: Setting<SocketAddr> =
    Setting::new("listen", "ADDR", "Where to listen for HTTP; port 0 takes a free one.", text::<SocketAddr>)
        .or("127.0.0.1:8080");
const PUBLIC_URL: Setting<Url> = Setting::new(
    "public_url",
    "URL",
    "The address that friends type, e.g. https://mist.example.",
    text::<Url>,
)
.unset("none");
const DATABASE: Setting<String> =
    Setting::new("database", "URL", "A PostgreSQL server, as postgres://user:password@host/name.", postgres)
        .unset("SQLite in the data dir")
        .variable("MIST_DATABASE_URL")
        .secret();
const REDIS: Setting<String> = Setting::new(
    "redis",
    "URL",
    "A Redis server by which several trackers serve as one, as redis://:password@host/0.",
    redis,
)
.unset("memory of this process, for one tracker")
.variable("MIST_REDIS_URL")
.secret();
const REDIS_PREFIX: Setting<String> = Setting::new(
    "redis_prefix",
    "NAME",
    "What all keys in Redis begin with, for servers that share one.",
    prefix,
)
.or(shared::redis::PREFIX);
const METRICS_LISTEN: Setting<SocketAddr> = Setting::new(
    "metrics_listen",
    "ADDR",
    "Where Prometheus gets figures by GET /metrics, e.g. 127.0.0.1:9464. Whoever reaches it may read them: keep it inside.",
    text::<SocketAddr>,
)
.unset("nowhere");
const BACKUP_DIR: Setting<PathBuf> = Setting::new(
    "backup_dir",
    "DIR",
    "Folder into which the server writes backups of its database and key by itself; best on another disk, and as secret as a password.",
    text::<PathBuf>,
)
.unset("none; no backups are made");
const BACKUP_HOURS: Setting<u32> = Setting::new(
    "backup_hours",
    "N",
    "Hours from one such backup to the next, from 1 to 8760.",
    backup_hours,
)
.or("24");
const BACKUP_KEEP: Setting<usize> =
    Setting::new("backup_keep", "N", "How many of them are kept, at least 1; the oldest go.", backup_keep)
        .or("14");
const STORE: Setting<PathBuf> =
    Setting::new("store", "DIR", "The embedded seed's store; may be on a NAS.", text::<PathBuf>)
        .unset("`store` in the data dir");
const QUIC_LISTEN: Setting<SocketAddr> =
    Setting::new("quic_listen", "ADDR", "Where the embedded seed listens for QUIC.", text::<SocketAddr>)
        .or("0.0.0.0:8443")
        .many();
const ADVERTISE: Setting<SocketAddr> = Setting::new(
    "advertise",
    "ADDR",
    "Where friends in the LAN and Tailnet reach the embedded seed's QUIC, if not where it listens, e.g. 192.168.1.10:8443.",
    reachable_address,
)
.unset("where it listens")
.many();
const EMBEDDED_SEED: Setting<bool> =
    Setting::yes_or_no("embedded_seed", "Whether to run a seed in this process; `--no-seed` says no.")
        .or("true");
const ADMIN_USER: Setting<UserName> =
    Setting::new("admin_user", "NAME", "Name of the admin that the first start makes.", text::<UserName>)
        .or("admin");
const STEAM_URL: Setting<Url> =
    Setting::new("steam_url", "URL", "Where Steam's store answers.", text::<Url>).or(steam::DEFAULT_BASE);
const DISCORD_URL: Setting<Url> =
    Setting::new("discord_url", "URL", "Where Discord's webhooks are.", text::<Url>)
        .or(discord::DEFAULT_BASE);
/// Every setting of the tracker, in the order of the documentation; the last ones are those of the embedded seed.
pub const SETTINGS: &[&dyn Declared] = &[
    &DATA_DIR,
    &LISTEN,
    &PUBLIC_URL,
    &DATABASE,
    &REDIS,
    &REDIS_PREFIX,
    &METRICS_LISTEN,
    &BACKUP_DIR,
    &BACKUP_HOURS,
    &BACKUP_KEEP,
    &STORE,
    &QUIC_LISTEN,
    &ADVERTISE,
    &EMBEDDED_SEED,
    &TRUSTED_PROXIES,
    &REQUESTS_PER_MINUTE,
    &ADMIN_USER,
    &STEAM_URL,
    &DISCORD_URL,
    &DIRECT_PATCH_ABOVE,
    &REVERSE_PATCHES,
    &COPIES,
    &HISTORY_DAYS,
    &HISTORY_BY_FRIEND,
    &NGINX_LOCATION,
    &LAN_DISCOVERY,
    &ARCHIVE_CACHE,
    &JUMP_CACHE,
    &WHOLE_BUILDS,
    &KEEP_FREE,
    &WORKERS,
    &THREADS,
    &PATCH_MEMORY,
    &SCRUB_DAYS,
    &SCRUB_RATE,
    &UPLOAD_LIMIT,
    &UPLOAD_SCHEDULE,
    &UPLOAD_QUOTA,
];

/// What every command takes by flag: where the server's state is.
pub struct Place;

impl Program for Place {
    const SETTINGS: &'static [&'static dyn Declared] = &[&DATA_DIR];
    const GLOBAL: bool = true;
}

/// What serving takes by flag besides.
pub struct Serving;

impl Program for Serving {
    const SETTINGS: &'static [&'static dyn Declared] = SETTINGS.split_at(1).1;
}

/// Says by flag that no seed is to run in this process.
pub fn without_seed(flags: &mut Flags<Serving>) {
    flags.set(&EMBEDDED_SEED, "false");
}

fn postgres(url: &str) -> Result<String, String> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(url.to_owned())
    } else {
        Err("it is a postgres:// address; leave it away for SQLite".into())
    }
}

fn redis(url: &str) -> Result<String, String> {
    match shared::redis::check(url) {
        Ok(()) => Ok(url.to_owned()),
        Err(_) => {
            Err("it is an address of Redis, e.g. redis://host:6379; leave it away for one tracker".into())
        }
    }
}

fn backup_hours(number: &str) -> Result<u32, String> {
    match text(number)? {
        n if (1..=MOST_BACKUP_HOURS).contains(&n) => Ok(n),
        _ => Err(format!("it is from 1 to {MOST_BACKUP_HOURS}")),
    }
}

fn backup_keep(number: &str) -> Result<usize, String> {
    match text(number)? {
        0 => Err("it is at least 1".into()),
        n => Ok(n),
    }
}

fn prefix(name: &str) -> Result<String, String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=64).contains(&name.len()) && name.chars().all(sound) {
        Ok(name.to_owned())
    } else {
        Err("it is made of letters, digits, - and _, at most 64".into())
    }
}

/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file in the data dir.
    Sqlite(PathBuf),
    /// A server. The URL may hold a password and is never shown.
    Postgres(String),
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres"),
        }
    }
}

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the database and keys are.
    pub data_dir: PathBuf,
    /// Where to listen for HTTP.
    pub listen: SocketAddr,
    /// The address that friends type.
    pub public_url: Option<Url>,
    /// Which database.
    pub database: Database,
    /// Where trackers that serve as one share what they must; a secret. None for this process's memory.
    pub redis: Option<String>,
    /// What all keys there begin with.
    pub redis_prefix: String,
    /// Where Prometheus gets figures.
    pub metrics_listen: Option<SocketAddr>,
    /// Where backups go by themselves, if they do.
    pub backup_dir: Option<PathBuf>,
    /// How often, and how many are kept.
    pub backup_rule: Rule,
    /// The embedded seed's store.
    pub store: PathBuf,
    /// Where the embedded seed listens for QUIC.
    pub quic_listen: Vec<SocketAddr>,
    /// Where friends reach that, if elsewhere.
    pub advertise: Vec<SocketAddr>,
    /// Whether to run a seed in this process.
    pub embedded_seed: bool,
    /// Proxies whose word about a caller's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Name of the admin that the first start makes.
    pub admin_user: UserName,
    /// Where Steam's store answers.
    pub steam_url: Url,
    /// Where Discord's webhooks are.
    pub discord_url: Url,
    /// What may change while the tracker serves, as it begins.
    pub live: Live,
    /// Where nginx has the embedded seed's store.
    pub nginx_location: Option<String>,
    /// Whether the embedded seed tells the local network of itself.
    pub lan_discovery: bool,
    /// Bounds of the embedded seed.
    pub seed_limits: SeedLimits,
    /// What the embedded seed may send at a time of day, and in a month.
    pub uplink: Uplink,
    /// All of them as they were given, with where each came from.
    pub given: Settings,
    /// The configuration file, if one was named.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Gathers the settings of this process.
    ///
    /// # Errors
    /// A file that can't be read or names what is no setting; a value that makes no sense.
    pub fn load<P>(flags: &Flags<P>, file: Option<&Path>) -> anyhow::Result<Self> {
        let environment = |variable: &str| std::env::var(variable).ok();
        let given = Settings::gather(SETTINGS, flags, environment, file)?;
        Self::from_settings(given, file.map(Path::to_owned))
    }

    fn from_settings(given: Settings, file: Option<PathBuf>) -> anyhow::Result<Self> {
        let data_dir = match given.one(&DATA_DIR)? {
            Some(dir) => dir,
            None => default_data_dir()?,
        };
        Ok(Self {
            listen: given.must(&LISTEN)?,
            public_url: given.one(&PUBLIC_URL)?,
            database: match given.one(&DATABASE)? {
                Some(url) => Database::Postgres(url),
                None => Database::Sqlite(data_dir.join("mist.db")),
            },
            redis: given.one(&REDIS)?,
            redis_prefix: given.must(&REDIS_PREFIX)?,
            metrics_listen: given.one(&METRICS_LISTEN)?,
            backup_dir: given.one(&BACKUP_DIR)?,
            backup_rule: Rule { hours: given.must(&BACKUP_HOURS)?, keep: given.must(&BACKUP_KEEP)? },
            store: given.one(&STORE)?.unwrap_or_else(|| data_dir.join("store")),
            quic_listen: given.all(&QUIC_LISTEN)?,
            advertise: given.all(&ADVERTISE)?,
            embedded_seed: given.must(&EMBEDDED_SEED)?,
            trusted_proxies: given.all(&TRUSTED_PROXIES)?,
            admin_user: given.must(&ADMIN_USER)?,
            steam_url: given.must(&STEAM_URL)?,
            discord_url: given.must(&DISCORD_URL)?,
            live: Live::of(&given)?,
            nginx_location: given.one(&NGINX_LOCATION)?,
            lan_discovery: given.must(&LAN_DISCOVERY)?,
            seed_limits: declared::limits(&given)?,
            uplink: declared::uplink(&given)?,
            data_dir,
            given,
            file,
        })
    }

    /// What is in force, for people.
    pub fn described(&self) -> ServerSettings {
        let mut shown: BTreeMap<&str, Shown> = self.given.shown().into_iter().map(|s| (s.name, s)).collect();
        let settings = SETTINGS.iter().filter_map(|setting| {
            let shown = shown.remove(setting.about().name)?;
            Some(self.describe(*setting, shown))
        });
        let file = self.file.as_ref().map(|file| file.display().to_string());
        ServerSettings { file, settings: settings.collect() }
    }

    fn describe(&self, setting: &dyn Declared, shown: Shown) -> ServerSetting {
        let about = setting.about();
        let value = match about.name {
            _ if about.secret => None,
            // Their defaults follow from where the server is.
            name if name == DATA_DIR.about().name => Some(self.data_dir.display().to_string()),
            name if name == STORE.about().name => Some(self.store.display().to_string()),
            _ => Some(shown.value).filter(|value| !value.is_empty()),
        };
        let (source, given_by) = match &shown.from {
            Source::Default => (SettingSource::Default, None),
            Source::File(_) => (SettingSource::File, Some(shown.from.to_string())),
            Source::Environment(_) => (SettingSource::Environment, Some(shown.from.to_string())),
            Source::Flag(_) => (SettingSource::Flag, Some(shown.from.to_string())),
            Source::Portal(who) => (SettingSource::Portal, Some(who.clone())),
        };
        ServerSetting {
            name: about.name.into(),
            help: about.what.into(),
            value,
            secret: about.secret,
            source,
            given_by,
            changed: None,
            live: about.live,
            takes: about.takes.into(),
            default: setting.default().unwrap_or(about.unset).into(),
            variable: setting.variable(),
            flag: setting.flag().map(|flag| format!("--{flag}")),
        }
    }

    /// Where the control socket is.
    pub fn control_socket(&self) -> PathBuf {
        self.data_dir.join("control.sock")
    }
}

fn default_data_dir() -> anyhow::Result<PathBuf> {
    let xdg = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".local/share"));
    let base = xdg.or_else(home).context("name a data dir with --data-dir: there is no home directory")?;
    Ok(base.join("mist-tracker"))
}

#[cfg(test)]
mod tests {
    use mist_proto::VARIABLES;

    use super::*;

    fn config(environment: &[(&str, &str)]) -> Result<Config, String> {
        let said = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let given = Settings::gather(SETTINGS, &Flags::<Serving>::default(), said, None);
        Config::from_settings(given.map_err(|e| e.to_string())?, None).map_err(|e| e.to_string())
    }

    #[test]
    fn what_follows_from_the_data_dir_is_in_it() {
        let plain = config(&[("MIST_DATA_DIR", "/var/lib/mist")]).expect("sound");
        assert_eq!(plain.database, Database::Sqlite("/var/lib/mist/mist.db".into()));
        assert_eq!(plain.store, PathBuf::from("/var/lib/mist/store"));
        assert_eq!(plain.live.direct_patch_above, 64_000_000);
        assert_eq!(plain.seed_limits, SeedLimits::default());
    }

    #[test]
    fn the_embedded_seed_has_the_settings_of_any_other_one() {
        let given = [
            ("MIST_DATA_DIR", "/d"),
            ("MIST_LAN_DISCOVERY", "true"),
            ("MIST_ARCHIVE_CACHE", "1GB"),
            ("MIST_JUMP_CACHE", "2GB"),
            ("MIST_WHOLE_BUILDS", "3"),
            ("MIST_KEEP_FREE", "4GB"),
            ("MIST_WORKERS", "5"),
            ("MIST_THREADS", "6"),
            ("MIST_PATCH_MEMORY", "7GB"),
            ("MIST_SCRUB_DAYS", "7"),
            ("MIST_SCRUB_RATE", "6MB"),
            ("MIST_UPLOAD_LIMIT", "8MB"),
            ("MIST_UPLOAD_SCHEDULE", "18:00-23:30=2MB,23:30-06:00=none"),
            ("MIST_UPLOAD_QUOTA", "9TB"),
        ];
        let config = config(&given).expect("sound");
        let limits = SeedLimits {
            archive_cache: 1_000_000_000,
            jump_cache: 2_000_000_000,
            whole_builds: 3,
            keep_free: 4_000_000_000,
            workers: 5,
            threads: 6,
            patch_memory: 7_000_000_000,
            scrub_days: 7,
            scrub_rate: 6_000_000,
            upload_rate: Some(8_000_000),
            ..SeedLimits::default()
        };
        assert_eq!((config.seed_limits, config.lan_discovery), (limits, true));
        let window = |text: &str| text.parse().expect("a window");
        let schedule = vec![window("18:00-23:30=2MB"), window("23:30-06:00=none")];
        assert_eq!(config.uplink, Uplink { schedule, quota: Some(9_000_000_000_000) });
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let with = |name, value| config(&[("MIST_DATA_DIR", "/d"), (name, value)]).map(drop);
        assert!(with("MIST_DATABASE_URL", "mysql://x").is_err());
        assert!(with("MIST_REDIS_URL", "https://x").is_err());
        assert!(with("MIST_REDIS_PREFIX", "a:b").is_err());
        assert!(with("MIST_WHOLE_BUILDS", "1").is_err());
        assert!(with("MIST_UPLOAD_SCHEDULE", "evening=1MB").is_err());
        assert!(with("MIST_REQUESTS_PER_MINUTE", "59").is_err());
        assert!(with("MIST_HISTORY_DAYS", "0").is_err() && with("MIST_HISTORY_DAYS", "3651").is_err());
        assert!(with("MIST_ADMIN_USER", "../x").is_err());
        assert_eq!(with("MIST_TRUSTED_PROXIES", "127.0.0.1/32,::1/128"), Ok(()));
    }

    #[test]
    fn the_database_url_is_not_shown() {
        let url = "postgres://mist:canary@db/mist";
        let config = config(&[("MIST_DATA_DIR", "/d"), ("MIST_DATABASE_URL", url)]).expect("sound");
        assert_eq!(config.database, Database::Postgres(url.into()));
        let shown = format!("{:?} {:?}", config.database, config.given.shown());
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn what_is_in_force_is_described_with_what_set_it_and_without_secrets() {
        let url = "postgres://mist:canary@db/mist";
        let given = [("MIST_DATA_DIR", "/d"), ("MIST_DATABASE_URL", url), ("MIST_WORKERS", "3")];
        let described = config(&given).expect("sound").described();
        assert_eq!(described.settings.len(), SETTINGS.len());
        assert!(!format!("{described:?}").contains("canary"), "{described:?}");
        let of = |name: &str| described.settings.iter().find(|s| s.name == name).expect("a setting");
        assert_eq!(
            (of("database").value.as_deref(), of("database").source),
            (None, SettingSource::Environment)
        );
        assert_eq!((of("database").flag.as_deref(), of("redis").source), (None, SettingSource::Default));
        assert_eq!(of("store").value.as_deref(), Some("/d/store"), "what follows from another one");
        assert_eq!(of("public_url").value, None);
        assert_eq!(
            (of("public_url").default.as_str(), of("listen").default.as_str()),
            ("none", "127.0.0.1:8080")
        );
        let workers = of("workers");
        assert_eq!(
            (workers.value.as_deref(), workers.given_by.as_deref()),
            (Some("3"), Some("MIST_WORKERS"))
        );
        assert_eq!((workers.variable.as_str(), workers.flag.as_deref()), ("MIST_WORKERS", Some("--workers")));
    }

    #[test]
    fn what_may_change_while_it_serves_is_what_is_declared_so() {
        let declared: Vec<_> = SETTINGS.iter().filter(|s| s.about().live).map(|s| s.about().name).collect();
        let known: Vec<_> = crate::live::LIVE.iter().map(|s| s.about().name).collect();
        assert_eq!(declared, known);
        for setting in crate::live::LIVE.iter().map(|setting| setting.about()) {
            assert!(!setting.many && !setting.secret, "{}", setting.name);
        }
    }

    #[test]
    fn every_variable_is_known_to_be_one() {
        for setting in SETTINGS {
            let variable = setting.variable();
            let by_file = format!("{variable}_FILE");
            assert!(VARIABLES.contains(&variable.as_str()), "{variable}");
            assert!(!setting.about().secret || VARIABLES.contains(&by_file.as_str()), "{by_file}");
        }
    }

    #[test]
    fn the_documentation_is_of_these_settings() {
        let documentation = include_str!("../../docs/configuration.md");
        let table = mist_settings::markdown(SETTINGS);
        assert!(documentation.contains(&table), "docs/configuration.md should contain\n{table}");
        let (_, rest) = documentation.split_once("while the tracker serves").expect("a paragraph");
        let (paragraph, _) = rest.split_once("What is set there").expect("an end");
        let listed: Vec<_> = paragraph.split('`').skip(1).step_by(2).collect();
        let live: Vec<_> = crate::live::LIVE.iter().map(|setting| setting.about().name).collect();
        assert_eq!(listed, live);
    }
}
