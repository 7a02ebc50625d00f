//! The harness of the whole-system tests: real `tracker`, `seed-node`, `mistpipe` and `mist` processes, each with
//! its own home, on this machine or in a network of namespaces.
//!
//! A test plays a [`Scene`], which owns a scratch folder and, if the test fails, shows the last lines of every
//! process's log. In it, a [`Server`] is the VM, an [`Admin`] pushes builds and a [`Friend`] plays them; a [`Lab`]
//! is a network whose hosts they run on, and an [`Internet`] one of lines and homes. Whatever a test starts ends with the value that stands for it, and also
//! when the test process itself dies.

mod admin;
mod binaries;
mod border;
mod bus;
mod corpus;
pub mod cost;
mod deadline;
mod discord;
mod disk;
pub mod figures;
mod folder;
mod friend;
mod internet;
mod keyring;
mod lab;
pub mod loopback;
pub mod nginx;
mod old_library;
mod postgres;
mod process;
mod redis;
mod scene;
mod seed;
mod server;
mod steam;
pub mod swarm;
pub mod torture;
mod tree;

pub use admin::Admin;
pub use binaries::program;
pub use border::{Balancer, Border, certify};
pub use bus::Bus;
pub use corpus::{Title, title};
pub use deadline::{eventually, until};
pub use discord::DiscordStandIn;
pub use disk::{ForeignDisk, ForeignKind, SmallDisk};
pub use folder::{assert_same_tree, listing};
pub use friend::{DiskUse, Friend, GameStatus, LastOperation, Spent};
pub use internet::{Home, Internet, port};
pub use keyring::{Keyring, without_keyring};
pub use lab::{Host, Lab, Place};
pub use mist_lab_router::{Access, Counters, Fault, Pings, Rate};
pub use old_library::{OldLibrary, Words};
pub use postgres::Postgres;
pub use process::{CTRL_C, Outcome, Program, Task};
pub use redis::Redis;
pub use scene::Scene;
pub use seed::RemoteSeed;
pub use server::{PASSWORD, Server, ServerOptions};
pub use steam::SteamStandIn;
pub use tree::{Tree, random_bytes};
