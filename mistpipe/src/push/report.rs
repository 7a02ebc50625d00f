//! The end of a push: what was published, what it cost, what friends will download.

use std::time::Duration;

use anyhow::Result;
use mist_proto::{
    http::{Build, Push},
    manifest::VerifiedManifest,
};
use serde_json::json;

use super::upload::Sent;
use crate::{api::Api, builds, show::Screen};

/// Shows the build as the server has it now.
pub(super) async fn show(
    api: &Api,
    screen: Screen,
    push: &Push,
    signed: &VerifiedManifest,
    sent: Sent,
    took: Duration,
) -> Result<()> {
    let known = builds::fetch(api, &push.game).await?;
    let build = known.iter().find(|b| b.version == push.version);
    let standing = if push.live { "is live" } else { "is ready" };
    screen.line(&format!("{}@{} {standing} ({})", push.game, push.version, mist_readable::duration(took)))?;
    screen.line(&format!(
        "  size      {} in {}",
        mist_readable::bytes(signed.content_size()),
        mist_readable::count(signed.files.len() as u64, "file", "files")
    ))?;
    screen.line(&format!("  uploaded  {}", mist_readable::bytes(sent.wire)))?;
    for patch in build.map_or(&[][..], |b| &b.patches) {
        screen.line(&format!("  patch     {} from {}", mist_readable::bytes(patch.blob.size), patch.from))?;
    }
    screen.line(&format!("  friends   {}", forecast(build, signed.archive.size)))?;
    if !push.live {
        screen.note(&format!("make it live with `mistpipe live {}@{}`", push.game, push.version));
    }
    screen.record(&json!({
        "event": "published", "game": push.game, "version": push.version, "live": push.live,
        "size": signed.content_size(), "files": signed.files.len(), "uploaded": sent.wire,
        "patches": build.map_or(&[][..], |b| &b.patches), "manifest_id": signed.id(),
        "seconds": took.as_secs_f64(),
    }))
}

/// What friends will download.
fn forecast(build: Option<&Build>, archive: u64) -> String {
    let whole = match build.and_then(|b| b.archive_stored) {
        Some(stored) => format!("a new install downloads about {}", mist_readable::bytes(stored)),
        None => format!("a new install downloads at most {}", mist_readable::bytes(archive)),
    };
    match build.and_then(|b| b.patches.first()) {
        Some(patch) => {
            format!("{} updates with {}; {whole}", patch.from, mist_readable::bytes(patch.blob.size))
        }
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_build_has_no_update() {
        assert_eq!(forecast(None, 1000), "a new install downloads at most 1.00 kB");
    }
}
