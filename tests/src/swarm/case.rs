//! What is measured: who is connected how, what they want, and what goes wrong.

use std::{net::Ipv4Addr, time::Duration};

use anyhow::Result;

use crate::{Access, Home, Host, Internet, Rate};

/// The line of the seed, in megabits a second.
const SEED_UP: Rate = Rate::mbit(100);
const SEED_DOWN: Rate = Rate::mbit(200);
/// The line of a friend, or of a home.
const LINE_UP: Rate = Rate::mbit(50);
const LINE_DOWN: Rate = Rate::mbit(200);
/// Headers of IP, UDP or TCP and what is in them add about so much to a copy.
const COPY_ON_THE_LINK: f64 = 1.05;

/// One row of the table, by each peer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Its name on the command line and in the table.
    pub name: &'static str,
    /// How many friends want the content at once.
    pub friends: usize,
    /// Into how many homes they are divided; with none, each has a line.
    pub homes: usize,
    /// Whether they have addresses of a Tailnet.
    pub tailnet: bool,
    /// The share of the packets that each line loses.
    pub loss: f64,
    /// Whether the seed is killed when one copy of the content has left it.
    pub kill: bool,
    /// Whether they have an older build, and `mist seed` runs beside; the content is what is new.
    pub patch: bool,
}

impl Case {
    const LAN4: Self =
        Self { name: "LAN4", friends: 4, homes: 1, tailnet: false, loss: 0.0, kill: false, patch: false };
    const TAILNET4: Self = Self { name: "Tailnet4", homes: 0, tailnet: true, ..Self::LAN4 };

    /// Every case.
    pub const ALL: [Self; 9] = [
        Self::LAN4,
        Self { name: "LAN8", friends: 8, ..Self::LAN4 },
        Self::TAILNET4,
        Self { name: "Tailnet8", friends: 8, ..Self::TAILNET4 },
        Self { name: "Homes", friends: 6, homes: 2, tailnet: true, ..Self::LAN4 },
        Self { name: "Tailnet4-loss", loss: 0.05, ..Self::TAILNET4 },
        Self { name: "LAN4-kill", kill: true, ..Self::LAN4 },
        Self { name: "Tailnet4-kill", kill: true, ..Self::TAILNET4 },
        Self { name: "Patch", friends: 8, patch: true, ..Self::LAN4 },
    ];

    /// The case of that name, in any case.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(|case| case.name).join(", ");
        let found = Self::ALL.into_iter().find(|case| case.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("there are {names}"))
    }

    /// What is brought to each friend, in bytes, if others get `whole`.
    pub fn content(&self, whole: u64) -> u64 {
        if self.patch { 3_350_000 } else { whole }
    }

    /// How many lines there are besides that of the seed.
    fn lines(&self) -> usize {
        if self.homes == 0 { self.friends } else { self.homes }
    }

    /// No way of doing it is faster: the seed sends a byte once at least, no line receives faster than it can, and what all
    /// lines receive somebody has to send.
    pub fn bound(&self, bytes: u64) -> Duration {
        let (bytes, lines) = (bytes as f64, self.lines() as f64);
        let (seed, up) = (SEED_UP.bytes_per_second(), LINE_UP.bytes_per_second());
        let together = lines * bytes / (seed + lines * up);
        Duration::from_secs_f64((bytes / seed).max(bytes / LINE_DOWN.bytes_per_second()).max(together))
    }

    /// How many bytes leave the seed before it is killed.
    pub fn killed_after(&self, bytes: u64) -> Option<f64> {
        self.kill.then_some(bytes as f64 * COPY_ON_THE_LINK)
    }

    /// What it needs, in words.
    pub fn describe(&self) -> String {
        let who = match (self.homes, self.tailnet) {
            (0, _) => {
                format!("{} friends, each with a line of 50 up and 200 down, in a Tailnet", self.friends)
            }
            (1, _) => format!("{} friends in one home with 1 Gbit/s", self.friends),
            (homes, _) => {
                format!(
                    "{homes} homes of {} friends, each home with a line of 50 up and 200 down",
                    self.friends / homes
                )
            }
        };
        let loss = if self.loss > 0.0 {
            format!(", {} % of the packets lost", self.loss * 100.0)
        } else {
            String::new()
        };
        let kill = if self.kill { ", the seed killed when one copy has left it" } else { "" };
        let patch = if self.patch { ", a patch of 3.35 MB to a game that all have and serve" } else { "" };
        format!("{who}{loss}{kill}{patch}")
    }
}

/// The machines of a case.
pub struct Site {
    /// The network that joins them.
    pub internet: Internet,
    /// The seed's.
    pub seed: Host,
    /// The friends'.
    pub friends: Vec<Host>,
    homes: Vec<Home>,
    seed_access: Access,
}

impl Site {
    /// Builds them.
    ///
    /// # Errors
    /// The system refuses.
    pub fn build(case: &Case, seed: u64) -> Result<Self> {
        let internet = Internet::new(seed)?;
        let address = if case.tailnet { Ipv4Addr::new(100, 64, 0, 1) } else { Ipv4Addr::new(203, 0, 113, 1) };
        let seed_access = Access::line(SEED_UP, SEED_DOWN).with_loss(case.loss);
        let seed = internet.host("seed", address, seed_access)?;
        let line = Access::line(LINE_UP, LINE_DOWN).with_loss(case.loss);
        let homes = (0..case.homes)
            .map(|n| internet.home(&format!("home{n}"), line, case.tailnet))
            .collect::<Result<Vec<_>>>()?;
        let friend = |n: usize| {
            let name = format!("f{n}");
            match homes.get(n % case.homes.max(1)) {
                Some(home) => home.host(&name),
                None => internet.host(&name, Ipv4Addr::new(100, 64, 0, 11 + u8::try_from(n)?), line),
            }
        };
        let friends = (0..case.friends).map(friend).collect::<Result<Vec<_>>>()?;
        Ok(Self { internet, seed, friends, homes, seed_access })
    }

    /// The machines that have a line, the seed first.
    pub fn lines(&self) -> Vec<&Host> {
        let gateways = self.homes.iter().map(Home::gateway);
        let friends = self.friends.iter().filter(|_| self.homes.is_empty());
        std::iter::once(&self.seed).chain(gateways).chain(friends).collect()
    }

    /// Takes the bound off the seed's line, or puts it back.
    ///
    /// # Errors
    /// The seed has no line.
    pub fn hurry(&self, hurry: bool) -> Result<()> {
        let fast = Access { up: Rate::UNBOUNDED, down: Rate::UNBOUNDED, ..self.seed_access };
        let access = if hurry { fast } else { self.seed_access };
        self.internet.router().now(crate::Fault::Access(crate::port(&self.seed)?, access));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_lines() {
        let seconds = |name: &str| {
            let case = Case::parse(name).unwrap();
            (case.bound(case.content(200_000_000)).as_secs_f64() * 10.0).round() / 10.0
        };
        assert_eq!(seconds("lan4"), 16.0, "what the seed needs for one copy");
        assert_eq!(seconds("LAN8"), 16.0);
        assert_eq!(seconds("Tailnet4"), 21.3, "four copies over 100 + 4 * 50");
        assert_eq!(seconds("Tailnet8"), 25.6);
        assert_eq!(seconds("Homes"), 16.0, "two copies over 100 + 2 * 50");
        assert_eq!(seconds("Patch"), 0.3);
        assert!(Case::parse("LAN5").is_err());
    }
}
