//! The settings of the server: `GET /settings` (admin).

use serde::{Deserialize, Serialize};

use crate::UnixMillis;

/// `GET /settings`: what is in force at the replica that answers. Most are read when it starts; those that are `live` may be set
/// here, unless the file, a variable or a flag gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServerSettings {
    /// The configuration file that the server read, if it was given one.
    pub file: Option<String>,
    // Without pages: they are what the program declares.
    /// Every setting, in the order of the documentation.
    pub settings: Vec<ServerSetting>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServerSetting {
    /// Key in the configuration file.
    pub name: String,
    /// What it is for, in a sentence.
    pub help: String,
    /// What is in force. None of a secret, and if nothing is.
    pub value: Option<String>,
    /// Whether its value is never shown. `source` tells whether there is one.
    pub secret: bool,
    /// What said so.
    pub source: SettingSource,
    /// The file, the variable, the flag or the account that said so; none for a default.
    pub given_by: Option<String>,
    /// When an account said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<UnixMillis>,
    /// Whether it may change while the server runs, and takes effect at once. A change here lasts where `source` is a default or
    /// the portal, and is refused elsewhere.
    #[serde(default)]
    pub live: bool,
    /// The word for what it takes, e.g. `ADDR`; `BOOL` is true or false.
    #[serde(default)]
    pub takes: String,
    /// What holds if nobody says anything: a value, or in words.
    pub default: String,
    /// Its environment variable.
    pub variable: String,
    /// Its flag of `tracker serve`, with the dashes; a secret has none.
    pub flag: Option<String>,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File,
    /// An environment variable.
    Environment,
    /// A flag of the command line.
    Flag,
    /// An admin, while the server ran.
    Portal,
}

/// `PUT /settings/{name}`: a value as it would be written in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetSetting {
    /// The value; at most 200 bytes.
    #[schema(max_length = 200)]
    pub value: String,
}
