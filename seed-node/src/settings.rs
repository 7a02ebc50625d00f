//! The settings of a seed of its own: what there is, and what is in force.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use ipnet::IpNet;
use mist_api_client::ServerAddress;
use mist_proto::http::SEED_ROUTER;
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
use mist_settings::{Declared, Flags, Program, Setting, Settings, text};
use reqwest::Url;

const TRACKER: Setting<ServerAddress> =
    Setting::new("tracker", "URL", "Address of the tracker.", text::<ServerAddress>)
        .unset("none; it must be given");
const STORE: Setting<PathBuf> =
    Setting::new("store", "DIR", "Folder that holds the builds: a disk or a mounted NAS.", text::<PathBuf>)
        .unset("none; it must be given");
const DATA_DIR: Setting<PathBuf> = Setting::new(
    "data_dir",
    "DIR",
    "Folder of this seed's identity and pinned keys; never on the NAS.",
    text::<PathBuf>,
)
.unset("`mist-seed` in your data folder")
.variable("MIST_SEED_DATA");
const LISTEN: Setting<SocketAddr> =
    Setting::new("listen", "ADDR", "Where HTTP listens; port 0 takes a free one.", text::<SocketAddr>)
        .or("127.0.0.1:8081");
const QUIC_LISTEN: Setting<SocketAddr> = Setting::new(
    "quic_listen",
    "ADDR",
    "Where QUIC (UDP) listens; port 0 takes a free one.",
    text::<SocketAddr>,
)
.or("0.0.0.0:0")
.many();
const ADVERTISE: Setting<SocketAddr> = Setting::new(
    "advertise",
    "ADDR",
    "Where friends in the LAN and Tailnet reach QUIC, if not where it listens: this machine's addresses when the seed is in \
     a container, e.g. 192.168.1.10:8443.",
    reachable_address,
)
.unset("where it listens")
.many();
const PUBLIC_URL: Setting<String> = Setting::new(
    "public_url",
    "URL",
    "Where others reach the HTTP side; /seed/v1 is added to the address of a host.",
    router_address,
)
.unset("the listening address");
const TOKEN_FILE: Setting<PathBuf> = Setting::new(
    "token_file",
    "FILE",
    "File that holds the token that `tracker seed add` printed, instead of MIST_SEED_TOKEN.",
    text::<PathBuf>,
)
.unset("none")
.variable("MIST_SEED_TOKEN_FILE");

/// Every setting, in the order of the documentation.
const SETTINGS: &[&dyn Declared] = &[
    &TRACKER,
    &STORE,
    &DATA_DIR,
    &LISTEN,
    &QUIC_LISTEN,
    &ADVERTISE,
    &PUBLIC_URL,
    &TRUSTED_PROXIES,
    &TOKEN_FILE,
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

/// What `seed-node run` takes by flag: everything.
#[derive(Debug)]
pub(crate) struct Running;

impl Program for Running {
    const SETTINGS: &'static [&'static dyn Declared] = SETTINGS;
}

/// The settings of this process.
///
/// # Errors
/// A file that can't be read or names what is no setting; a value that makes no sense.
pub(crate) fn gather(flags: &Flags<Running>, file: Option<&Path>) -> Result<Settings> {
    Ok(Settings::gather(SETTINGS, flags, |variable| std::env::var(variable).ok(), file)?)
}

/// The settings in force.
pub(crate) struct Config {
    pub(crate) tracker: ServerAddress,
    pub(crate) token: String,
    pub(crate) store: PathBuf,
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) quic_listen: Vec<SocketAddr>,
    pub(crate) advertise: Vec<SocketAddr>,
    pub(crate) public_url: Option<String>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) nginx_location: Option<String>,
    pub(crate) lan_discovery: bool,
    pub(crate) limits: SeedLimits,
    pub(crate) uplink: Uplink,
}

impl Config {
    /// Makes sense of the settings.
    ///
    /// # Errors
    /// What must be given and is not; a token that can't be read.
    pub(crate) fn new(given: &Settings) -> Result<Self> {
        Ok(Self {
            tracker: given.must(&TRACKER)?,
            token: token(given.one(&TOKEN_FILE)?.as_deref())?,
            store: given.must(&STORE)?,
            data_dir: match given.one(&DATA_DIR)? {
                Some(dir) => dir,
                None => default_data_dir()?,
            },
            listen: given.must(&LISTEN)?,
            quic_listen: given.all(&QUIC_LISTEN)?,
            advertise: given.all(&ADVERTISE)?,
            public_url: given.one(&PUBLIC_URL)?,
            trusted_proxies: given.all(&TRUSTED_PROXIES)?,
            nginx_location: given.one(&NGINX_LOCATION)?,
            lan_discovery: given.must(&LAN_DISCOVERY)?,
            limits: declared::limits(given)?,
            uplink: declared::uplink(given)?,
        })
    }
}

/// The enrolment token: from the file, or from the environment, never from an argument.
fn token(file: Option<&Path>) -> Result<String> {
    let token = match file {
        Some(file) => mist_command_line::text::read(file)?,
        None => std::env::var("MIST_SEED_TOKEN").unwrap_or_default(),
    };
    match token.trim() {
        "" => {
            bail!("no token: set MIST_SEED_TOKEN or use --token-file with what `tracker seed add` printed")
        }
        token => Ok(token.to_owned()),
    }
}

/// The folder of the seed's own state if nobody says.
fn default_data_dir() -> Result<PathBuf> {
    let home = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = home("XDG_DATA_HOME").or_else(|| home("LOCALAPPDATA"));
    let base = base.or_else(|| home("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("mist-seed")).context("no home folder is known: use --data-dir")
}

/// Where the byte router is reached at this address. It answers below `/seed/v1` and nowhere else, so that an address
/// without it would send every friend and every push astray.
fn router_address(typed: &str) -> Result<String, String> {
    let url: Url = text(typed)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("it begins with https:// or http://".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has no part after ? or #".into());
    }
    let address = url.as_str().trim_end_matches('/');
    match url.path().trim_end_matches('/') {
        "" => Ok(format!("{address}{SEED_ROUTER}")),
        path if path.ends_with(SEED_ROUTER) => Ok(address.to_owned()),
        path => Err(format!(
            "it is the address of a host, or ends with {SEED_ROUTER}, where the seed answers; not {path}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::VARIABLES;

    use super::*;

    #[test]
    fn a_public_address_leads_to_the_router() {
        let mended = |typed: &str| router_address(typed).ok();
        let good = Some("https://seed.example.org/seed/v1".to_owned());
        assert_eq!(mended("https://seed.example.org"), good, "as the address of a host");
        assert_eq!(mended("https://seed.example.org/"), good);
        assert_eq!(mended("https://seed.example.org/seed/v1"), good);
        assert_eq!(mended("https://seed.example.org/seed/v1/"), good);
        assert_eq!(mended("http://x:81/cellar/seed/v1"), Some("http://x:81/cellar/seed/v1".into()));
        for wrong in [
            "https://seed.example.org/seed",
            "https://x/?a",
            "ftp://x",
            "seed.example.org",
            "https://x/seed/v1?a",
        ] {
            assert_eq!(mended(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let said = |name: &str| match name {
            "MIST_TRACKER" => Some("http://127.0.0.1:1".to_owned()),
            "MIST_STORE" | "MIST_SEED_DATA" => Some("/d".to_owned()),
            "MIST_SEED_TOKEN_FILE" => Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").to_owned()),
            _ => None,
        };
        let given = Settings::gather(SETTINGS, &Flags::<Running>::default(), said, None).unwrap();
        let config = Config::new(&given).unwrap();
        assert_eq!(config.limits, SeedLimits::default());
        assert_eq!((config.public_url, config.lan_discovery), (None, false));
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
    }
}
