//! The settings of the server: `GET /settings` (admin).

use serde::{Deserialize, Serialize};

/// `GET /settings`: what is in force at the replica that answers. They are read when it starts, and nothing here changes them.
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
    /// The file, the variable or the flag that said so; none for a default.
    pub given_by: Option<String>,
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
}
