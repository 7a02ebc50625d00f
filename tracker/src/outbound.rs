//! How this server calls those of others.

use std::time::Duration;

use reqwest::{Client, redirect::Policy};

/// A client that follows no redirect, so that nobody leads it into the server's own network, and waits for nothing long.
///
/// # Errors
/// If none can be made.
pub(crate) fn client() -> reqwest::Result<Client> {
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(15))
        .user_agent(concat!("mist/", env!("CARGO_PKG_VERSION")))
        .build()
}
