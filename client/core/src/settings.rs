//! What a friend may set: `settings.json`. A missing file or field means the default, and what the environment of the
//! process that runs the engine says wins over both.

use std::path::PathBuf;

use mist_readable::parse_limit;
use mist_settings::{Declared, Flags, Problem, Setting};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    home::{Home, HomeError, read_json, write_json},
    limits::Schedule,
};

/// Where the session's secrets are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SecretStore {
    /// A file that only its owner can read. Works everywhere.
    File,
    /// The system's keyring; the file if there is none.
    #[default]
    Keyring,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// Whether games are brought to their live builds by themselves, and what a build takes that goes live later is fetched before.
    pub auto_update: bool,
    /// Bytes per second sent to others; no limit if there is none.
    pub up: Option<u64>,
    /// Bytes per second received; no limit if there is none.
    pub down: Option<u64>,
    /// When the limit on what is sent changes, such as `08:00,512k 23:00,off`. It wins over `up`.
    #[ts(type = "string")]
    pub up_schedule: Schedule,
    /// The same of what is received.
    #[ts(type = "string")]
    pub down_schedule: Schedule,
    /// Bytes per second sent while a game runs, where that is less.
    pub up_playing: Option<u64>,
    /// The same of what is received.
    pub down_playing: Option<u64>,
    /// Whether what is to be fetched waits, and nothing is sent, while the network is metered.
    pub wait_metered: bool,
    /// The same while the machine runs on its battery.
    pub wait_battery: bool,
    /// Whether the limits count for peers on the same network too.
    pub limit_lan: bool,
    /// Whether to find friends on the same network by themselves.
    pub lan_discovery: bool,
    /// Where the session is kept.
    pub secrets: SecretStore,
    /// Bytes that kept patches may take.
    pub patch_cache: u64,
    /// Files of at least so many bytes that keep their path are patched where they are, not made anew beside the old
    /// ones. Smaller ones too where the disk is short.
    pub patch_from: u64,
    /// Bytes that may be kept in each game's folder to go back to the build before without the network; 0 for nothing.
    pub keep_previous: u64,
    /// Folders that games are installed into, absolute, each game in one of its own there: the first one unless somebody says
    /// otherwise. None is the one of the home.
    pub library_folders: Vec<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_update: false,
            up: None,
            down: None,
            up_schedule: Schedule::default(),
            down_schedule: Schedule::default(),
            up_playing: None,
            down_playing: None,
            wait_metered: true,
            wait_battery: false,
            limit_lan: false,
            lan_discovery: true,
            secrets: SecretStore::Keyring,
            patch_cache: 4_000_000_000,
            patch_from: 1 << 30,
            keep_previous: 2_000_000_000,
            library_folders: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// If the file is there and can't be read or understood.
    pub fn load(home: &Home) -> Result<Self, HomeError> {
        Ok(read_json(&home.settings())?.unwrap_or_default())
    }

    /// Replaces the settings.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn save(&self, home: &Home) -> Result<(), HomeError> {
        write_json(&home.settings(), self, false)
    }

    /// The folders that games are installed into, the usual one first.
    pub(crate) fn library_folders(&self, home: &Home) -> Vec<PathBuf> {
        if self.library_folders.is_empty() { vec![home.games()] } else { self.library_folders.clone() }
    }

    /// The folder that games are installed into unless somebody says otherwise.
    pub(crate) fn library_folder(&self, home: &Home) -> PathBuf {
        self.library_folders.first().cloned().unwrap_or_else(|| home.games())
    }
}

const AUTO_UPDATE: Setting<bool> = Setting::yes_or_no(
    "auto_update",
    "Whether games are brought to their live builds by themselves, and what a build takes that goes live later is fetched before.",
)
.or("false");
const UP: Setting<Option<u64>> =
    Setting::new("up", "RATE", "Bytes a second that are sent to others, e.g. 500K.", rate).or("none");
const DOWN: Setting<Option<u64>> =
    Setting::new("down", "RATE", "Bytes a second that are received, e.g. 2M.", rate).or("none");
const UP_SCHEDULE: Setting<Schedule> = Setting::new(
    "up_schedule",
    "TIMES",
    "When the limit on what is sent changes, e.g. `08:00,512k 23:00,off Sat-Sun-09:00,off`; it wins over `up`.",
    schedule,
)
.or("none");
const DOWN_SCHEDULE: Setting<Schedule> = Setting::new(
    "down_schedule",
    "TIMES",
    "When the limit on what is received changes; it wins over `down`.",
    schedule,
)
.or("none");
const UP_PLAYING: Setting<Option<u64>> = Setting::new(
    "up_playing",
    "RATE",
    "Bytes a second that are sent while a game runs, where that is less.",
    rate,
)
.or("none");
const DOWN_PLAYING: Setting<Option<u64>> = Setting::new(
    "down_playing",
    "RATE",
    "Bytes a second that are received while a game runs, where that is less.",
    rate,
)
.or("none");
const WAIT_METERED: Setting<bool> = Setting::yes_or_no(
    "wait_metered",
    "Whether what is to be fetched waits, and nothing is sent, while the network is metered.",
)
.or("true");
const WAIT_BATTERY: Setting<bool> =
    Setting::yes_or_no("wait_battery", "The same while the machine runs on its battery.").or("false");
const LIMIT_LAN: Setting<bool> =
    Setting::yes_or_no("limit_lan", "Whether these limits count on the local network too.").or("false");
const LAN_DISCOVERY: Setting<bool> =
    Setting::yes_or_no("lan_discovery", "Whether to find friends on the local network, and be found.")
        .or("true");
const SECRETS: Setting<SecretStore> = Setting::new(
    "secrets",
    "PLACE",
    "Where the session is kept: the system's `keyring`, or a `file` that only you can read, which does where there is no keyring too.",
    secrets,
)
.or("keyring");
const PATCH_CACHE: Setting<u64> =
    Setting::new("patch_cache", "SIZE", "Room for kept patches.", parse_limit).or("4GB");
const PATCH_FROM: Setting<u64> = Setting::new(
    "patch_from",
    "SIZE",
    "Size from which files that keep their path are patched where they are, not made anew beside the old ones.",
    parse_limit,
)
.or("1GiB");

const KEEP_PREVIOUS: Setting<u64> = Setting::new(
    "keep_previous",
    "SIZE",
    "Room in each game's folder for what going back to the build before takes without the network, or `none`.",
    room,
)
.or("2GB");

const LIBRARY_FOLDERS: Setting<PathBuf> = Setting::new(
    "library_folders",
    "DIR",
    "Folder that games are installed into, each in one of its own there; the first one unless `mist install --dir` says otherwise.",
    library_folder,
)
.many()
.unset("`games` in the home");

/// Every setting of a client, in the order of the documentation.
pub const SETTINGS: &[&dyn Declared] = &[
    &AUTO_UPDATE,
    &UP,
    &DOWN,
    &UP_SCHEDULE,
    &DOWN_SCHEDULE,
    &UP_PLAYING,
    &DOWN_PLAYING,
    &WAIT_METERED,
    &WAIT_BATTERY,
    &LIMIT_LAN,
    &LAN_DISCOVERY,
    &SECRETS,
    &PATCH_CACHE,
    &PATCH_FROM,
    &KEEP_PREVIOUS,
    &LIBRARY_FOLDERS,
];

/// Reads a limit in bytes a second, or `none`.
///
/// # Errors
/// Why it is neither.
pub fn rate(text: &str) -> Result<Option<u64>, String> {
    if text == "none" { Ok(None) } else { parse_limit(text).map(Some) }
}

/// Reads when a limit changes, or `none`.
///
/// # Errors
/// Why it is neither.
pub fn schedule(text: &str) -> Result<Schedule, String> {
    text.parse()
}

/// Reads a number of bytes that something may take, or `none`.
///
/// # Errors
/// Why it is neither.
pub fn room(text: &str) -> Result<u64, String> {
    if text == "none" { Ok(0) } else { parse_limit(text) }
}

/// Reads a folder that games are installed into.
///
/// # Errors
/// It is not told from the disk's root on.
pub fn library_folder(text: &str) -> Result<PathBuf, String> {
    let folder = PathBuf::from(text);
    if folder.is_absolute() { Ok(folder) } else { Err("name it from the disk's root on".into()) }
}

/// Reads where the session is to be kept.
///
/// # Errors
/// Why that is no such place.
pub fn secrets(text: &str) -> Result<SecretStore, String> {
    match text {
        "file" => Ok(SecretStore::File),
        "keyring" => Ok(SecretStore::Keyring),
        _ => Err("use file or keyring".into()),
    }
}

/// What the environment says of a setting, by whether it takes several values.
macro_rules! said {
    ($said:ident, $setting:ident, many) => {
        $said.all_given(&$setting)?
    };
    ($said:ident, $setting:ident) => {
        $said.given(&$setting)?
    };
}

/// Does the same with every setting that the environment can give.
macro_rules! given {
    ($($field:ident: $type:ty = $setting:ident $($many:ident)?),* $(,)?) => {
        /// What the environment of a process says of the settings. It wins over what is kept, and is not kept itself.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct GivenSettings {
            $($field: Option<$type>,)*
        }

        impl GivenSettings {
            /// Reads it.
            ///
            /// # Errors
            /// A value that makes no sense.
            pub fn read(environment: impl Fn(&str) -> Option<String>) -> Result<Self, Problem> {
                let said = mist_settings::Settings::gather(SETTINGS, &Flags::<()>::default(), environment, None)?;
                Ok(Self { $($field: said!(said, $setting $(, $many)?),)* })
            }

            /// The settings in force where these are kept.
            pub(crate) fn over(&self, kept: &Settings) -> Settings {
                Settings { $($field: self.$field.clone().unwrap_or_else(|| kept.$field.clone()),)* }
            }

            /// What is to be kept if the settings in force become `wanted`.
            pub(crate) fn kept(&self, wanted: &Settings, kept: &Settings) -> Settings {
                let chosen = |given: bool| if given { kept } else { wanted };
                Settings { $($field: chosen(self.$field.is_some()).$field.clone(),)* }
            }

            /// The variable that says otherwise than `wanted`.
            pub(crate) fn opposing(&self, wanted: &Settings) -> Option<String> {
                $(if self.$field.as_ref().is_some_and(|said| *said != wanted.$field) {
                    return Some(Declared::variable(&$setting));
                })*
                None
            }
        }
    };
}

given! {
    auto_update: bool = AUTO_UPDATE,
    up: Option<u64> = UP,
    down: Option<u64> = DOWN,
    up_schedule: Schedule = UP_SCHEDULE,
    down_schedule: Schedule = DOWN_SCHEDULE,
    up_playing: Option<u64> = UP_PLAYING,
    down_playing: Option<u64> = DOWN_PLAYING,
    wait_metered: bool = WAIT_METERED,
    wait_battery: bool = WAIT_BATTERY,
    limit_lan: bool = LIMIT_LAN,
    lan_discovery: bool = LAN_DISCOVERY,
    secrets: SecretStore = SECRETS,
    patch_cache: u64 = PATCH_CACHE,
    patch_from: u64 = PATCH_FROM,
    keep_previous: u64 = KEEP_PREVIOUS,
    library_folders: Vec<PathBuf> = LIBRARY_FOLDERS many,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(environment: &[(&str, &str)]) -> Result<GivenSettings, Problem> {
        GivenSettings::read(|name| {
            environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_wins_over_what_is_kept() {
        let kept = Settings { up: Some(7), lan_discovery: false, ..Settings::default() };
        assert_eq!(given(&[]).expect("nothing").over(&kept), kept);
        let given = given(&[("MIST_UP", "none"), ("MIST_PATCH_CACHE", "5GB")]).expect("sound");
        let in_force = given.over(&kept);
        assert_eq!(in_force, Settings { up: None, patch_cache: 5_000_000_000, ..kept.clone() });
        assert_eq!(given.opposing(&in_force), None);
        let wanted = Settings { down: Some(9), ..in_force };
        assert_eq!(given.opposing(&wanted), None, "nobody says anything of it");
        assert_eq!(
            given.kept(&wanted, &kept),
            Settings { down: Some(9), ..kept },
            "and the rest stays as it was"
        );
        let other = Settings { up: Some(1), ..wanted };
        assert_eq!(given.opposing(&other).as_deref(), Some("MIST_UP"));
    }

    #[test]
    fn several_folders_are_given_by_commas() {
        let given = given(&[("MIST_LIBRARY_FOLDERS", "/games,/mnt/big")]).expect("sound");
        let in_force = given.over(&Settings::default());
        assert_eq!(in_force.library_folders, [PathBuf::from("/games"), PathBuf::from("/mnt/big")]);
        let home = tempfile::tempdir().expect("a folder");
        let home = Home::open(home.path()).expect("a home");
        assert_eq!(in_force.library_folder(&home), PathBuf::from("/games"));
        assert_eq!(Settings::default().library_folders(&home), [home.games()]);
    }

    #[test]
    fn what_makes_no_sense_is_told_with_the_variable() {
        let wrong = [
            ("UP", "much"),
            ("UP_SCHEDULE", "8"),
            ("LIMIT_LAN", "perhaps"),
            ("SECRETS", "pocket"),
            ("LIBRARY_FOLDERS", "games"),
        ];
        for (name, value) in wrong.map(|(name, value)| (format!("MIST_{name}"), value)) {
            let name = name.as_str();
            let wrong = given(&[(name, value)]).expect_err("no such value").to_string();
            assert!(wrong.contains(name), "{wrong}");
        }
    }

    #[test]
    fn the_defaults_are_those_that_are_declared() {
        let declared = SETTINGS.iter().map(|setting| (setting.variable(), setting.default()));
        let declared: Vec<_> = declared.filter_map(|(name, value)| Some((name, value?))).collect();
        let given = given(&declared.iter().map(|(name, value)| (name.as_str(), *value)).collect::<Vec<_>>());
        let other = Settings {
            auto_update: true,
            up: Some(1),
            down: Some(1),
            up_schedule: "08:00,1k".parse().expect("sound"),
            down_schedule: "08:00,1k".parse().expect("sound"),
            up_playing: Some(1),
            down_playing: Some(1),
            wait_metered: false,
            wait_battery: true,
            limit_lan: true,
            lan_discovery: false,
            secrets: SecretStore::File,
            patch_cache: 1,
            patch_from: 1,
            keep_previous: 1,
            library_folders: Vec::new(),
        };
        assert_eq!(given.expect("sound").over(&other), Settings::default());
    }

    #[test]
    fn the_documentation_is_of_these_settings() {
        let documentation = include_str!("../../../docs/configuration.md");
        let table = mist_settings::markdown(SETTINGS);
        assert!(documentation.contains(&table), "docs/configuration.md should contain\n{table}");
    }
}
