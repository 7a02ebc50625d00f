//! Waiting for what a process does in its own time, with an end.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// How often the world is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Asks `look` until it gives a value. What it last complained of ends up in the error.
///
/// # Errors
/// `limit` has passed without a value.
pub fn eventually<T>(what: &str, limit: Duration, look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    until(what, limit, POLL, look)
}

/// [`eventually`] that looks every `poll`.
///
/// # Errors
/// `limit` has passed without a value.
pub fn until<T>(
    what: &str,
    limit: Duration,
    poll: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        let complaint = match look() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if started.elapsed() >= limit {
            match complaint {
                Some(error) => return Err(error.context(format!("{what}: not within {limit:?}"))),
                None => bail!("{what}: not within {limit:?}"),
            }
        }
        thread::sleep(poll);
    }
}
