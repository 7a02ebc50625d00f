//! The tracker: accounts, games, builds, jobs, the swarm table and statistics over HTTP. The only owner of the
//! database.
//!
//! A request passes the accept loop ([`mist_listener::accept`]), the layers of [`http::router`], the check of who calls
//! ([`auth::caller`]) and reaches a thin handler that calls one operation of [`auth`], [`admin`], [`catalog`],
//! [`builds`], [`jobs`], [`jumps`], [`swarm`] or [`stats`]. Operations decide by pure functions ([`builds::rules`],
//! [`jobs::lease`], [`auth::refresh`], [`swarm::addresses`]) inside one transaction over the statements in [`db`].
//! Time and randomness come from [`clock`]; nothing else in here asks for them.
//!
//! [`app`] puts it all together and is known to [`serve`], [`http`] and [`control`] only: each feature says in its own
//! `mod.rs` what it takes. What several trackers must share is behind the six seams of [`shared`].

pub mod admin;
pub mod app;
pub mod audit;
pub mod auth;
pub mod backups;
pub mod builds;
pub mod catalog;
pub mod clients;
pub mod clock;
pub mod config;
pub mod control;
pub mod data_dir;
pub mod db;
pub mod error;
pub mod events;
pub mod history;
pub mod http;
pub mod jobs;
pub mod jumps;
pub mod live;
pub mod metrics;
pub mod notices;
mod outbound;
pub mod recent;
pub mod records;
pub mod serve;
pub mod shared;
pub mod stats;
pub mod swarm;
pub(crate) mod web;
