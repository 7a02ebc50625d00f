//! The API token of a script: who it is and where, without a session on this machine.

use std::path::Path;

use anyhow::{Context, Result};
use mist_api_client::{CallError, ServerAddress};
use mist_command_line::text;
use mist_proto::http::TOKEN_PREFIX;

use crate::{
    failure::{Exit, refuse},
    home::Home,
    session::StoredSession,
};

/// Environment variable with the token itself.
const TOKEN: &str = "MIST_TOKEN";
/// Environment variable with the name of a file that has it.
const FILE: &str = "MIST_TOKEN_FILE";
/// Environment variable with the address of the server.
const SERVER: &str = "MIST_SERVER";

/// A token and where it was found.
pub(crate) struct Token {
    /// What is shown.
    pub(crate) secret: String,
    /// Address of the server, if one was named.
    server: Option<String>,
}

impl Token {
    /// The token of this process, if it was given one.
    ///
    /// # Errors
    /// Exit code 2 for what is no token; a file that can't be read.
    pub(crate) fn from_env() -> Result<Option<Self>> {
        Self::of(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn of(given: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let (from, secret) = match (given(TOKEN), given(FILE)) {
            (Some(secret), _) => (TOKEN, secret),
            (None, Some(file)) => (FILE, text::read(Path::new(&file)).context("the token can't be read")?),
            (None, None) => return Ok(None),
        };
        let secret = secret.trim().to_owned();
        let is_one = secret.starts_with(TOKEN_PREFIX) && secret.bytes().all(|b| b.is_ascii_graphic());
        if !is_one {
            let why = format!("what {from} gives is no API token: one begins with {TOKEN_PREFIX}");
            return Err(refuse(Exit::Usage, why));
        }
        Ok(Some(Self { secret, server: given(SERVER) }))
    }

    /// The server that it is for: the one that was named, or that this machine is signed in at.
    ///
    /// # Errors
    /// Exit code 2 if there is none.
    pub(crate) fn server(&self, home: &Home) -> Result<ServerAddress> {
        match &self.server {
            Some(server) => server.parse().map_err(|e: CallError| refuse(Exit::Usage, e.to_string())),
            None => StoredSession::load(home).map(|session| session.server).map_err(|_| {
                refuse(Exit::Usage, format!("there is a token but no server: set {SERVER} to its address"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_from_the_environment_or_a_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("token");
        std::fs::write(&file, "mist_t_of_file\n").expect("a file");
        let file = file.display().to_string();
        let home = Home::at(dir.path());
        let read = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> =
                pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            Token::of(move |name| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()))
        };
        assert!(read(&[]).expect("nothing").is_none());
        let token = read(&[(TOKEN, "mist_t_1"), (FILE, &file), (SERVER, "mist.example")]).expect("a token");
        let token = token.expect("a token");
        assert_eq!(token.secret, "mist_t_1");
        assert_eq!(token.server(&home).expect("a server").to_string(), "https://mist.example");
        let token = read(&[(FILE, &file)]).expect("a token").expect("a token");
        assert_eq!(token.secret, "mist_t_of_file");
        assert!(token.server(&home).is_err(), "nobody says which server");
        for bad in ["correct horse", "mist_r_1", "mist_t_1\u{1b}[2J"] {
            assert!(read(&[(TOKEN, bad)]).is_err(), "{bad}");
        }
        assert!(read(&[(FILE, "/no/such/file")]).is_err());
    }
}
