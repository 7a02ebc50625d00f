//! A tracker that was taken over, played against a friend's real program: nothing that the release key did not sign ends in a game's
//! folder, and the friend is told why.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use mist_proto::{
    Hash, UnverifiedManifest,
    http::Build,
    key::ReleaseSecret,
    limits,
    manifest::{LaunchEntry, Platform},
};
use mist_system_tests::{Friend, Place, Scene, Server, Tree, assert_same_tree, random_bytes};
use serde_json::{Value, json};

use crate::{
    api::Api,
    meddler::{Meddler, Said},
};

const LIMIT: Duration = Duration::from_secs(120);
/// What may lie in sockets beyond what a friend takes of an answer that never ends.
const SOCKETS: usize = 16 << 20;

/// What the tracker says instead of the truth.
#[derive(Clone, Default)]
struct Attack {
    /// What is said of build 2, in the fields of a build.
    of_two: Value,
    /// Envelopes beside the server's own, by hash.
    envelopes: Vec<(Hash, Vec<u8>)>,
    /// Path of which the answer never ends.
    endless: Option<&'static str>,
}

impl Attack {
    /// Build 2 has that envelope.
    fn envelope(bytes: Vec<u8>, id: &Value) -> Self {
        let hash = Hash::of(&bytes);
        let manifest = json!({ "hash": hash, "size": bytes.len() });
        let of_two = json!({ "manifest": manifest, "manifest_id": id });
        Self { of_two, envelopes: vec![(hash, bytes)], endless: None }
    }

    /// Build 2 is said to be what another build is.
    fn another(build: &Build) -> Result<Self> {
        let build = serde_json::to_value(build)?;
        let of_two =
            ["manifest", "manifest_id", "archive"].map(|name| (name.to_owned(), build[name].clone()));
        Ok(Self { of_two: Value::Object(of_two.into_iter().collect()), ..Self::default() })
    }

    fn says(&self, path: &str, taken: &Arc<AtomicU64>) -> Said {
        if self.endless.is_some_and(|endless| path.contains(endless)) {
            return Said::Endless(Arc::clone(taken));
        }
        if let Some((_, bytes)) = self.envelopes.iter().find(|(hash, _)| path.ends_with(&hash.to_string())) {
            return Said::Bytes(bytes.clone());
        }
        if !path.ends_with("/catalogue") {
            return Said::Truth;
        }
        let of_two = self.of_two.clone();
        Said::Json(Box::new(move |catalogue| {
            // Of a revision that the server does not know it tells everything.
            catalogue["revision"] = "taken over".into();
            let games = catalogue["games"].as_array_mut().into_iter().flatten();
            let Some(drift) = games.into_iter().find(|game| game["game"]["slug"] == "drift") else { return };
            let builds = drift["builds"].as_array_mut().into_iter().flatten();
            for build in builds.filter(|build| build["version"] == "2") {
                for (name, value) in of_two.as_object().into_iter().flatten() {
                    build[name.as_str()] = value.clone();
                }
            }
        }))
    }
}

fn tree(seed: u64) -> Tree {
    Tree::default().file("same.bin", random_bytes(70, 1 << 20)).file("data.bin", random_bytes(seed, 1 << 20))
}

fn within(taken: u64, bound: usize) -> bool {
    taken <= (bound + SOCKETS) as u64
}

/// Fails if anything but the files of build 1 is in the folder.
fn still_one(scene: &Scene, eve: &Friend) -> Result<()> {
    assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
    ensure!(eve.status("drift")?.version.as_deref() == Some("1"));
    Ok(())
}

#[test]
fn nothing_that_a_hostile_tracker_says_gets_past_the_signature() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        for game in ["drift", "other"] {
            admin.new_game(game)?;
        }
        for (version, seed) in [("1", 71), ("2", 72), ("3", 73)] {
            tree(seed).write_to(&scene.path(version))?;
        }
        admin.push(&scene.path("1"), "drift", "1")?;
        tree(74).write_to(&scene.path("other"))?;
        admin.push(&scene.path("other"), "other", "2")?;

        let attack = Arc::new(Mutex::new(None::<Attack>));
        let taken = Arc::new(AtomicU64::new(0));
        let (told, counted) = (Arc::clone(&attack), Arc::clone(&taken));
        let meddler = Meddler::by(server.address(), move |path| {
            let told = told.lock().expect("nobody panicked");
            told.as_ref().map_or(Said::Truth, |attack| attack.says(path, &counted))
        })?;
        let eve = server.stranger("eve", &Place::Here)?;
        eve.login_at(&meddler.url())?;
        eve.install("drift")?;

        // From build 1 there is a patch to 2, and one to 3.
        admin.push(&scene.path("2"), "drift", "2")?;
        admin.run(&["live", "drift@1"])?;
        admin.push(&scene.path("3"), "drift", "3")?;
        admin.run(&["live", "drift@2"])?;

        let api = Api::login(&server, "eve")?;
        let (one, two, three) =
            (api.build("drift", "1")?, api.build("drift", "2")?, api.build("drift", "3")?);
        let other = api.build("other", "2")?;
        let signed = api.bytes(&format!("/manifests/{}", two.manifest.hash))?;
        let mut altered = signed.clone();
        *altered.last_mut().context("bytes")? ^= 1;
        // Whoever sits at the tracker has a key of their own, and changes what is started.
        let unverified = UnverifiedManifest::parse(signed)?;
        let key = unverified.claimed_key();
        let mut manifest = (*unverified.verify(&key)?).clone();
        manifest.launch = vec![LaunchEntry {
            platform: Platform::Linux,
            name: "Play".into(),
            path: "data.bin".parse()?,
            args: vec!["--evil".into()],
            working_dir: None,
        }];
        let theirs = manifest.sign(&ReleaseSecret::from_seed(&[66; 32]))?;
        let theirs_id = serde_json::to_value(theirs.id())?;
        let true_id = serde_json::to_value(two.manifest_id)?;
        let endless = |endless| Attack { endless: Some(endless), ..Attack::default() };

        // Where the list of games never ends, what is known goes on.
        *attack.lock().expect("nobody panicked") = Some(endless("/catalogue"));
        let said = eve.mist(&["update", "drift"])?.run(LIMIT)?;
        ensure!(said.said().contains("catalogue"), "the friend is not told: {}", said.said());
        still_one(scene, &eve)?;
        let most = taken.load(Ordering::SeqCst);
        ensure!(within(most, limits::MAX_CATALOGUE), "{most} bytes were taken of what never ends");

        for (what, lie, why) in [
            ("an altered manifest", Attack::envelope(altered, &true_id), "refused"),
            ("other launch entries", Attack::envelope(theirs.envelope().to_vec(), &theirs_id), "refused"),
            ("an older build as a new one", Attack::another(&one)?, "manifest of another build"),
            ("a newer build as this one", Attack::another(&three)?, "manifest of another build"),
            ("another game's build", Attack::another(&other)?, "manifest of another build"),
        ] {
            *attack.lock().expect("nobody panicked") = Some(lie);
            taken.store(0, Ordering::SeqCst);
            let said = eve.mist(&["update", "drift"])?.run(LIMIT)?;
            let text = said.said();
            ensure!(said.code() != Some(0), "{what} was taken: {text}");
            ensure!(text.contains(why), "{what}: it is not told why: {text}");
            still_one(scene, &eve).with_context(|| what.to_owned())?;
            let taken = taken.load(Ordering::SeqCst);
            ensure!(
                within(taken, limits::MAX_ENVELOPE),
                "{what}: {taken} bytes were taken of what never ends"
            );
        }

        // Routes are not signed, and need not be: a patch that leads elsewhere is found out by what it makes.
        let to_three = three.patches.iter().find(|patch| patch.from.as_str() == "1").context("a patch")?;
        let mut patches = serde_json::to_value(&two.patches)?;
        for patch in patches.as_array_mut().into_iter().flatten().filter(|patch| patch["from"] == "1") {
            patch["blob"] = serde_json::to_value(to_three.blob)?;
        }
        let lie = Attack { of_two: json!({ "patches": patches }), ..Attack::default() };
        *attack.lock().expect("nobody panicked") = Some(lie);
        let said = eve.update("drift")?.said();
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        ensure!(said.contains("trying another way"), "the friend is not told of the false patch: {said}");
        eve.run(&["verify", "drift"])?;

        // A manifest that never ends is given up, and may come from somebody else: it is known by its hash.
        *attack.lock().expect("nobody panicked") = Some(endless("/manifests/"));
        taken.store(0, Ordering::SeqCst);
        let said = eve.installing("other")?.run(LIMIT)?;
        let most = taken.load(Ordering::SeqCst);
        ensure!(within(most, limits::MAX_ENVELOPE), "{most} bytes were taken of what never ends");
        if said.code() == Some(0) {
            assert_same_tree(&scene.path("other"), &eve.folder("other"))?;
        } else {
            ensure!(said.said().contains("manifests/"), "it is not told why: {}", said.said());
        }
        Ok(())
    })
}
