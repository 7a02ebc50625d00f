//! Settings: a TOML file, and flags that win over it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use ipnet::IpNet;
use mist_seed_node::SeedLimits;
use reqwest::Url;
use serde::Deserialize;

/// Where the tracker listens if nobody says.
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// MB of a chain of patches above which a direct one is made at once if nobody says.
const DEFAULT_DIRECT_PATCH_ABOVE: u64 = 64;
/// Where the embedded seed listens for QUIC if nobody says.
const DEFAULT_QUIC: &str = "0.0.0.0:8443";
/// Requests a minute if nobody says: a client that signs in for the first time fetches hundreds of manifests, and then
/// makes about thirty a minute.
const DEFAULT_REQUESTS: u32 = 6000;

/// The configuration file. Every setting has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Where to keep the database and keys. Not on a NAS.
    pub data_dir: Option<PathBuf>,
    /// Where to listen for HTTP.
    pub listen: Option<SocketAddr>,
    /// The address that friends type, e.g. `https://mist.example`.
    pub public_url: Option<String>,
    /// `postgres://…`; SQLite in the data dir if there is none. `MIST_DATABASE_URL` wins.
    pub database: Option<String>,
    /// The embedded seed's store; `store` in the data dir if there is none. May be on a NAS.
    pub store: Option<PathBuf>,
    /// Where the embedded seed listens for QUIC.
    pub quic_listen: Vec<SocketAddr>,
    /// Whether to run a seed in the tracker's own process.
    pub embedded_seed: Option<bool>,
    /// Networks of proxies whose `X-Forwarded-For` counts, e.g. `127.0.0.1/32`.
    pub trusted_proxies: Vec<IpNet>,
    /// Requests a minute that one account, and one network, may make; 0 for any number.
    pub requests_per_minute: Option<u32>,
    /// Name of the admin that the first start makes.
    pub admin_user: Option<String>,
    /// Where Steam's store answers.
    pub steam_url: Option<String>,
    /// MB of a chain of patches above which a direct one is made for the first who would use it; below, for the second.
    pub direct_patch_above: Option<u64>,
    /// Whether to make patches that lead back from each build to the one before it, for friends who switch back and so
    /// that the files of old builds can go.
    pub reverse_patches: Option<bool>,
    /// The newest builds of each game whose files the embedded seed keeps, at least 2, beside the live one and the one
    /// before it. Older builds are rebuilt by patches when somebody wants them.
    pub whole_builds: Option<usize>,
    /// Compressed archives that the embedded seed keeps, those of rebuilt builds among them, e.g. `64GB`.
    pub archive_cache: Option<String>,
}

/// What flags and the environment say.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--public-url`.
    pub public_url: Option<Url>,
    /// `MIST_DATABASE_URL`.
    pub database: Option<String>,
    /// `--store`.
    pub store: Option<PathBuf>,
    /// `--quic-listen`.
    pub quic_listen: Vec<SocketAddr>,
    /// `--no-seed`.
    pub no_seed: bool,
    /// `--trusted-proxy`.
    pub trusted_proxies: Vec<IpNet>,
    /// `--admin-user`.
    pub admin_user: Option<String>,
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
    /// The embedded seed's store.
    pub store: PathBuf,
    /// Where the embedded seed listens for QUIC.
    pub quic_listen: Vec<SocketAddr>,
    /// Whether to run a seed in this process.
    pub embedded_seed: bool,
    /// Proxies whose word about a caller's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Requests a minute that one account, and one network, may make; 0 for any number.
    pub requests_per_minute: u32,
    /// Name of the admin that the first start makes.
    pub admin_user: String,
    /// Where Steam's store answers.
    pub steam_url: Url,
    /// Bytes of a chain of patches above which the first who asks gets a direct one made.
    pub direct_patch_above: u64,
    /// Whether to make patches that lead back to older builds.
    pub reverse_patches: bool,
    /// The newest builds of each game that the embedded seed keeps whole.
    pub whole_builds: usize,
    /// Bytes of compressed archives that the embedded seed keeps.
    pub archive_cache: u64,
}

impl Config {
    /// Reads the file, if one is named, and lets the flags win.
    ///
    /// # Errors
    /// A file that can't be read or says something unknown; a setting that makes no sense.
    pub fn load(given: Given) -> anyhow::Result<Self> {
        let file = match &given.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        Self::merge(file, given)
    }

    fn merge(file: File, given: Given) -> anyhow::Result<Self> {
        let data_dir = match given.data_dir.or(file.data_dir) {
            Some(dir) => dir,
            None => default_data_dir()?,
        };
        let database = match given.database.or(file.database) {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Database::Postgres(url)
            }
            Some(_) => bail!("the database setting is a postgres:// address; leave it away for SQLite"),
            None => Database::Sqlite(data_dir.join("mist.db")),
        };
        let usual = SeedLimits::default();
        let whole_builds = file.whole_builds.unwrap_or(usual.whole_builds);
        if whole_builds < usual.whole_builds {
            bail!("whole_builds is at least {}", usual.whole_builds);
        }
        let quic = [given.quic_listen, file.quic_listen].into_iter().find(|l| !l.is_empty());
        let listen = match given.listen.or(file.listen) {
            Some(listen) => listen,
            None => DEFAULT_LISTEN.parse()?,
        };
        Ok(Self {
            listen,
            public_url: match (given.public_url, file.public_url) {
                (Some(url), _) => Some(url),
                (None, url) => url.map(|u| u.parse()).transpose().context("public_url is no address")?,
            },
            database,
            store: given.store.or(file.store).unwrap_or_else(|| data_dir.join("store")),
            quic_listen: match quic {
                Some(listed) => listed,
                None => vec![DEFAULT_QUIC.parse()?],
            },
            embedded_seed: !given.no_seed && file.embedded_seed.unwrap_or(true),
            trusted_proxies: [given.trusted_proxies, file.trusted_proxies].concat(),
            requests_per_minute: file.requests_per_minute.unwrap_or(DEFAULT_REQUESTS),
            admin_user: given.admin_user.or(file.admin_user).unwrap_or_else(|| "admin".into()),
            steam_url: file
                .steam_url
                .as_deref()
                .unwrap_or(crate::catalog::steam::DEFAULT_BASE)
                .parse()
                .context("steam_url is no address")?,
            direct_patch_above: file
                .direct_patch_above
                .unwrap_or(DEFAULT_DIRECT_PATCH_ABOVE)
                .saturating_mul(1_000_000),
            reverse_patches: file.reverse_patches.unwrap_or(true),
            whole_builds,
            archive_cache: match file.archive_cache.as_deref() {
                Some(text) => mist_readable::parse_bytes(text).map_err(anyhow::Error::msg)?,
                None => usual.archive_cache,
            },
            data_dir,
        })
    }

    /// Where the control socket is.
    pub fn control_socket(&self) -> PathBuf {
        self.data_dir.join("control.sock")
    }
}

fn read(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not a valid configuration", path.display()))
}

fn default_data_dir() -> anyhow::Result<PathBuf> {
    let xdg = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".local/share"));
    let base = xdg.or_else(home).context("name a data dir with --data-dir: there is no home directory")?;
    Ok(base.join("mist-tracker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let file: File = toml::from_str(
            "data_dir = '/var/lib/mist'\nlisten = '0.0.0.0:80'\nstore = '/nas/mist'\nembedded_seed = true\n\
             trusted_proxies = ['127.0.0.1/32']",
        )
        .expect("a configuration");
        let given =
            Given { listen: Some("127.0.0.1:0".parse().expect("addr")), no_seed: true, ..Given::default() };
        let config = Config::merge(file, given).expect("sound");
        assert_eq!(config.listen.to_string(), "127.0.0.1:0");
        assert_eq!(config.database, Database::Sqlite("/var/lib/mist/mist.db".into()));
        assert_eq!(config.store, PathBuf::from("/nas/mist"));
        assert!(!config.embedded_seed);
        assert_eq!(config.trusted_proxies.len(), 1);
    }

    #[test]
    fn typing_errors_are_found() {
        assert!(toml::from_str::<File>("lisen = '0.0.0.0:80'").is_err());
        let other =
            File { database: Some("mysql://x".into()), data_dir: Some("/d".into()), ..File::default() };
        assert!(Config::merge(other, Given::default()).is_err());
        let one = File { whole_builds: Some(1), data_dir: Some("/d".into()), ..File::default() };
        assert!(Config::merge(one, Given::default()).is_err());
    }

    #[test]
    fn the_database_url_is_not_shown() {
        let shown = format!("{:?}", Database::Postgres("postgres://mist:canary@db/mist".into()));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
