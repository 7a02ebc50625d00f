//! The end of a push: what was published, what it cost, what friends will download.

use std::time::Duration;

use anyhow::Result;
use mist_proto::{
    http::{Build, Job, JobSpec, JobState, Push},
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
        let told = build.and_then(|b| b.forecast.as_ref()).filter(|told| told.from == patch.from);
        let told = told.map_or_else(String::new, |f| format!(", forecast {}", mist_readable::bytes(f.bytes)));
        screen.line(&format!(
            "  patch     {} from {}{told}",
            mist_readable::bytes(patch.blob.size),
            patch.from
        ))?;
    }
    screen.line(&format!("  friends   {}", forecast(build, signed.archive.size)))?;
    for job in &push.jobs {
        if let Some(advice) = about_lost_patch(job) {
            screen.note(&advice);
        }
    }
    if !push.live {
        screen.note(&format!("make it live with `mistpipe live {}@{}`", push.game, push.version));
    }
    screen.record(&json!({
        "event": "published", "game": push.game, "version": push.version, "live": push.live,
        "size": signed.content_size(), "files": signed.files.len(), "uploaded": sent.wire,
        "patches": build.map_or(&[][..], |b| &b.patches), "forecast": build.and_then(|b| b.forecast.as_ref()), "manifest_id": signed.id(),
        "seconds": took.as_secs_f64(),
    }))
}

/// What a patch that could not be made means, and what to do. A build goes live without it.
fn about_lost_patch(job: &Job) -> Option<String> {
    let lost = job.state == JobState::Failed && matches!(job.spec, JobSpec::Patch(_));
    lost.then(|| {
        let (patch, id) = (&job.spec, &job.id);
        format!(
            "the {patch} is missing: friends fetch the changed pieces instead, which is more. Once its cause is mended, \
             `mistpipe retry {id}` makes it"
        )
    })
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
    use mist_proto::{BlobId, UnixMillis, http::PatchJob};

    use super::*;

    #[test]
    fn a_patch_that_is_missing_is_told_with_the_way_out() {
        let blob = BlobId::of(b"");
        let lost = Job {
            id: "j7".into(),
            spec: JobSpec::Patch(PatchJob {
                game: "g".parse().unwrap(),
                from: "1".parse().unwrap(),
                from_manifest: blob,
                to: "2".parse().unwrap(),
                to_manifest: blob,
            }),
            state: JobState::Failed,
            stage: "reading".into(),
            done: 0,
            total: 0,
            attempts: 1,
            error: Some("it is gone".into()),
            created: UnixMillis(0),
            updated: UnixMillis(0),
            lines: 0,
        };
        let told = about_lost_patch(&lost).unwrap();
        assert!(told.contains("patch 1 -> 2") && told.contains("mistpipe retry j7"), "{told}");
        assert_eq!(about_lost_patch(&Job { state: JobState::Running, ..lost }), None);
    }

    #[test]
    fn the_first_build_has_no_update() {
        assert_eq!(forecast(None, 1000), "a new install downloads at most 1.00 kB");
    }
}
