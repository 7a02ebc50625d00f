//! What a friend gives to whoever helps them: how this home is, and what went wrong in it. It has no secrets, and is shown
//! before it goes anywhere.

use std::path::Path;

use mist_proto::UnixMillis;
use serde::Serialize;
use serde_json::Value;

use crate::{
    clock::now,
    doctor::Check,
    engine::{Connection, Delta, Engine, OperationView, Owner, Rev},
    error::Error,
    limits::LimitsNow,
    settings::Settings,
    status::GameStatus,
};

/// Operations that are told of: those that have not ended, and the newest of the others.
const OPERATIONS: usize = 30;

#[derive(Default, Serialize)]
struct Diagnostics {
    made: Option<UnixMillis>,
    system: (&'static str, &'static str),
    program: Option<Owner>,
    connection: Option<Connection>,
    checks: Vec<Check>,
    settings: Option<Settings>,
    limits: Option<LimitsNow>,
    /// What people were told.
    notices: Vec<String>,
    operations: Vec<OperationView>,
    games: Vec<GameStatus>,
}

impl Engine {
    /// The text of it: JSON, laid out for people. Tokens and keys that are secret are in nothing that it is made of; what
    /// addresses carry besides, and the name of the person's own folder, are taken out.
    ///
    /// # Errors
    /// Only if the client's own files can't be read.
    pub async fn diagnostics(&self) -> Result<String, Error> {
        let checks = self.doctor().await?;
        let mut found = Diagnostics {
            made: Some(now()),
            system: (std::env::consts::OS, std::env::consts::ARCH),
            checks,
            operations: self.operations().into_iter().take(OPERATIONS).collect(),
            ..Diagnostics::default()
        };
        for delta in self.next(Rev::default(), std::time::Duration::ZERO).await.1 {
            match delta {
                Delta::Owner(owner) => found.program = Some(owner),
                Delta::Connection(connection) => found.connection = Some(connection),
                Delta::Settings(settings) => found.settings = Some(settings),
                Delta::Limits(limits) => found.limits = Some(limits),
                Delta::Notice { message, .. } => found.notices.push(message),
                _ => {}
            }
        }
        found.games = self.status().await?.games;
        let mut value = serde_json::to_value(found).unwrap_or_default();
        let own = std::env::home_dir();
        redact(&mut value, own.as_deref().and_then(Path::to_str).filter(|own| own.len() > 1));
        Ok(format!("{value:#}"))
    }
}

/// Takes out of every text what nobody has to know. `own` is the person's own folder.
fn redact(value: &mut Value, own: Option<&str>) {
    match value {
        Value::String(text) => {
            let without = addresses_alone(text);
            *text = own.map_or_else(|| without.clone(), |own| without.replace(own, "~"));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| redact(value, own)),
        Value::Object(fields) => fields.values_mut().for_each(|value| redact(value, own)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with each address in it cut off where what only its owner may know begins: names with passwords before the host,
/// and what follows the path, as in the signed addresses of files.
fn addresses_alone(text: &str) -> String {
    let mut left = text;
    let mut done = String::with_capacity(text.len());
    while let Some(at) = left.find("://") {
        let (before, after) = left.split_at(at + "://".len());
        // Whatever may be part of an address is: too much taken out harms nobody.
        let end = after.find(|c: char| c.is_whitespace() || "\"'<>()`".contains(c)).unwrap_or(after.len());
        let (address, rest) = after.split_at(end);
        let (path, more) = address.split_at(address.find(['?', '#']).unwrap_or(address.len()));
        let host = path.find('/').unwrap_or(path.len());
        let named = path[..host].rfind('@').map_or(0, |at| at + 1);
        done.push_str(before);
        done.push_str(&path[named..]);
        if !more.is_empty() {
            done.push('…');
        }
        left = rest;
    }
    done + left
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_keep_where_and_lose_the_rest() {
        for (text, kept) in [
            ("plain text? yes", "plain text? yes"),
            ("GET https://seed.example/f/a?sig=SECRET failed", "GET https://seed.example/f/a… failed"),
            ("(https://ann:SECRET@host/x)", "(https://host/x)"),
            ("https://host/join/a#T.SECRET, and http://b/?c=SECRET", "https://host/join/a… and http://b/…"),
            ("http://[::1]:80/a?a;b,SECRET", "http://[::1]:80/a…"),
            ("://", "://"),
        ] {
            assert_eq!(addresses_alone(text), kept);
        }
    }

    #[test]
    fn a_person_s_own_folder_has_no_name_wherever_it_stands() {
        let mut value = json!({ "a": ["/home/mia/games/x", { "b": "in /home/mia: no" }], "n": 1 });
        redact(&mut value, Some("/home/mia"));
        assert_eq!(value, json!({ "a": ["~/games/x", { "b": "in ~: no" }], "n": 1 }));
    }
}
