//! `tracker user sessions` and `tracker user devices`: where somebody is signed in and with what, for a lost laptop.

use std::time::Duration;

use axum::http::Method;
use mist_proto::{
    UnixMillis,
    http::{Device, DeviceList, SessionInfo, SessionList},
    ids::{PeerName, UserName},
};
use mist_readable::{Align, Table, duration};
use mist_tracker::{
    clock::{Clock, SystemClock},
    control::Operator,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::say;

/// No body.
const NOTHING: Option<&()> = None;

/// What is done with an account's sessions.
pub(super) enum Sessions {
    /// They are listed.
    List {
        /// As a line of JSON each.
        json: bool,
    },
    /// The one with this id ends.
    End(String),
    /// All end.
    EndAll,
}

/// Lists an account's sessions or ends them; says what happened if there is somebody to tell.
pub(super) async fn sessions(
    operator: &Operator,
    name: &UserName,
    what: Sessions,
    tell: impl Fn(String) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let all = format!("/users/{name}/sessions");
    match what {
        Sessions::List { json } => {
            let sessions = operator.list::<SessionList>(&all).await?;
            if json {
                return sessions.iter().try_for_each(say_json);
            }
            match sessions.is_empty() {
                true => tell(format!("{name} is signed in nowhere")),
                false => say_table(sessions_table(&sessions, SystemClock.now())),
            }
        }
        Sessions::End(id) => {
            // Whatever was typed stays one part of the path.
            let one = utf8_percent_encode(&id, NON_ALPHANUMERIC);
            operator.call::<()>(Method::DELETE, &format!("{all}/{one}"), NOTHING).await?;
            tell(format!("{name} is signed out there"))
        }
        Sessions::EndAll => {
            operator.call::<()>(Method::DELETE, &all, NOTHING).await?;
            tell(format!("{name} is signed out everywhere, and can sign in again"))
        }
    }
}

/// What is done with an account's devices.
pub(super) enum Devices {
    /// They are listed.
    List {
        /// As a line of JSON each.
        json: bool,
    },
    /// This one is taken away.
    Remove(PeerName),
}

/// Lists an account's devices or removes one; says what happened if there is somebody to tell.
pub(super) async fn devices(
    operator: &Operator,
    name: &UserName,
    what: Devices,
    tell: impl Fn(String) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let all = format!("/users/{name}/devices");
    match what {
        Devices::List { json } => {
            let devices = operator.list::<DeviceList>(&all).await?;
            if json {
                return devices.iter().try_for_each(say_json);
            }
            match devices.is_empty() {
                true => tell(format!("{name} has no devices")),
                false => say_table(devices_table(&devices, SystemClock.now())),
            }
        }
        Devices::Remove(peer) => {
            operator.call::<()>(Method::DELETE, &format!("{all}/{peer}"), NOTHING).await?;
            tell(format!(
                "the device is no longer {name}'s, and friends stop serving it; if it is still signed in, `tracker user sessions {name}` shows where"
            ))
        }
    }
}

fn say_json(entry: &impl serde::Serialize) -> anyhow::Result<()> {
    Ok(say(serde_json::to_string(entry)?)?)
}

fn say_table(table: Table) -> anyhow::Result<()> {
    Ok(say(table)?)
}

fn sessions_table(sessions: &[SessionInfo], now: UnixMillis) -> Table {
    let mut table = Table::new(&["ID", "DEVICE", "BY", "BEGUN", "USED"].map(|name| (name, Align::Left)));
    for session in sessions {
        let by = if session.browser { "browser" } else { "program" };
        let device = session.device.as_deref().unwrap_or("-");
        table.row([&session.id, device, by, &ago(session.created, now), &ago(session.used, now)]);
    }
    table
}

fn devices_table(devices: &[Device], now: UnixMillis) -> Table {
    let mut table = Table::new(&["PEER", "NAME", "SEEN"].map(|name| (name, Align::Left)));
    for device in devices {
        table.row([device.peer.as_str(), &device.name, &ago(device.last_seen, now)]);
    }
    table
}

fn ago(at: UnixMillis, now: UnixMillis) -> String {
    format!("{} ago", duration(Duration::from_millis(now.since(at).max(0).unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_says_what_it_is_and_when_it_was_used() {
        let (created, used) = (UnixMillis(0), UnixMillis(7_200_000));
        let laptop = SessionInfo {
            id: "s1".into(),
            device: Some("laptop".into()),
            browser: true,
            current: false,
            created,
            used,
            expires: UnixMillis(9_000_000),
        };
        let program = SessionInfo { id: "s2".into(), device: None, browser: false, ..laptop.clone() };
        let table = sessions_table(&[laptop, program], UnixMillis(10_800_000)).to_string();
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[1].starts_with("s1") && lines[1].contains("laptop") && lines[1].contains("browser"));
        assert!(lines[1].ends_with("3 h 0 min ago  1 h 0 min ago"), "{table}");
        assert!(lines[2].contains(" -") && lines[2].contains("program"), "{table}");
        assert_eq!(
            ago(UnixMillis(5), UnixMillis(0)),
            ago(UnixMillis(0), UnixMillis(0)),
            "a clock that was set"
        );
    }
}
