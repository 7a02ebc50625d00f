//! When this machine is thrifty: what is to be fetched waits, and nothing is sent to friends. The decision is pure; what the
//! system says is read at its end.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::settings::Settings;

/// What the system says of where this machine is. What it does not say is not so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// The network costs by the byte.
    pub(crate) metered: bool,
    /// The machine runs on its battery.
    pub(crate) on_battery: bool,
}

/// Why a machine is thrifty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Thrift {
    /// The network costs by the byte.
    Metered,
    /// It runs on its battery.
    Battery,
}

impl Thrift {
    /// Why it is, if it is.
    pub(crate) fn of(settings: &Settings, surroundings: Surroundings) -> Option<Self> {
        if settings.wait_metered && surroundings.metered {
            Some(Self::Metered)
        } else if settings.wait_battery && surroundings.on_battery {
            Some(Self::Battery)
        } else {
            None
        }
    }
}

/// Where Linux tells of batteries and mains.
pub(crate) const SUPPLIES: &str = "/sys/class/power_supply";

/// Whether a battery is what this machine runs on. One of a mouse is none.
pub(crate) fn runs_on_battery(supplies: &Path) -> bool {
    let mut discharges = false;
    for supply in fs::read_dir(supplies).into_iter().flatten().flatten() {
        let says = |name: &str| fs::read_to_string(supply.path().join(name)).unwrap_or_default();
        let of_a_device = says("scope").trim() == "Device";
        match says("type").trim() {
            "Mains" | "USB" if says("online").trim() == "1" => return false,
            "Battery" if !of_a_device => discharges |= says("status").trim() == "Discharging",
            _ => {}
        }
    }
    discharges
}

/// What NetworkManager means by a number: yes, or yes as far as it can guess.
#[cfg(target_os = "linux")]
fn is_metered(said: u32) -> bool {
    matches!(said, 1 | 3)
}

/// Whoever knows whether the network is metered.
#[derive(Default)]
pub(crate) struct Network {
    /// The system's bus, once it has answered: it is asked every few seconds.
    #[cfg(target_os = "linux")]
    bus: Option<zbus::Connection>,
}

#[cfg(target_os = "linux")]
impl Network {
    /// Asks NetworkManager, where there is one.
    pub(crate) async fn metered(&mut self) -> Option<bool> {
        let asked = tokio::time::timeout(std::time::Duration::from_secs(5), self.ask()).await;
        match asked {
            Ok(Ok(said)) => return Some(is_metered(said)),
            Ok(Err(error)) => tracing::trace!(%error, "nobody says whether the network is metered"),
            Err(_) => {}
        }
        // Whatever was wrong with it, the next question has a bus of its own.
        self.bus = None;
        None
    }

    async fn ask(&mut self) -> zbus::Result<u32> {
        const NAME: &str = "org.freedesktop.NetworkManager";
        let bus = match &self.bus {
            Some(bus) => bus.clone(),
            None => self.bus.insert(zbus::Connection::system().await?).clone(),
        };
        let place = "/org/freedesktop/NetworkManager";
        let properties = Some("org.freedesktop.DBus.Properties");
        let answer = bus.call_method(Some(NAME), place, properties, "Get", &(NAME, "Metered")).await?;
        let said: zbus::zvariant::OwnedValue = answer.body().deserialize()?;
        Ok(u32::try_from(said)?)
    }
}

/// Elsewhere nobody is asked.
#[cfg(not(target_os = "linux"))]
impl Network {
    #[expect(clippy::unused_async, reason = "asking takes time where there is somebody to ask")]
    pub(crate) async fn metered(&mut self) -> Option<bool> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_thrifty_where_that_is_wanted_and_so() {
        let of = |wait_metered, wait_battery, metered, on_battery| {
            let settings = Settings { wait_metered, wait_battery, ..Settings::default() };
            Thrift::of(&settings, Surroundings { metered, on_battery })
        };
        assert_eq!(of(true, true, true, true), Some(Thrift::Metered));
        assert_eq!(of(false, true, true, true), Some(Thrift::Battery));
        assert_eq!(of(true, false, false, true), None);
        assert_eq!(of(false, false, true, true), None);
        assert_eq!(of(true, true, false, false), None);
        let usual = Settings::default();
        let everything = Surroundings { metered: true, on_battery: true };
        assert_eq!(Thrift::of(&usual, everything), Some(Thrift::Metered));
        let battery = Surroundings { metered: false, on_battery: true };
        assert_eq!(Thrift::of(&usual, battery), None, "who plugs out goes on, unless they say otherwise");
    }

    #[test]
    fn a_battery_counts_while_it_is_what_the_machine_runs_on() {
        let place = tempfile::tempdir().expect("dir");
        let say = |supply: &str, name: &str, what: &str| {
            let at = place.path().join(supply);
            fs::create_dir_all(&at).expect("a folder");
            fs::write(at.join(name), format!("{what}\n")).expect("written");
        };
        assert!(!runs_on_battery(place.path()), "a desktop machine");
        assert!(!runs_on_battery(&place.path().join("nowhere")));
        say("mouse", "type", "Battery");
        say("mouse", "scope", "Device");
        say("mouse", "status", "Discharging");
        assert!(!runs_on_battery(place.path()), "a mouse is not what it runs on");
        say("BAT0", "type", "Battery");
        say("BAT0", "status", "Discharging");
        assert!(runs_on_battery(place.path()));
        say("AC", "type", "Mains");
        say("AC", "online", "1");
        assert!(!runs_on_battery(place.path()), "a weak charger is still one");
        say("AC", "online", "0");
        assert!(runs_on_battery(place.path()));
        say("BAT0", "status", "Charging");
        assert!(!runs_on_battery(place.path()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_guess_of_the_system_counts() {
        assert_eq!([0, 1, 2, 3, 4, 9].map(is_metered), [false, true, false, true, false, false]);
    }
}
