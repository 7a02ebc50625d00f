//! The client takes the place of itself, and of nothing that the release key has not signed.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use mist_proto::{
    Hash, UnixMillis,
    client_package::{ClientPackage, PackageKind, Platform, SignedPackage},
    http::ClientOffer,
    key::ReleaseSecret,
};
use mist_system_tests::{
    Admin, Friend, Outcome, Place, Scene, Server, Task, Tree, program, random_bytes, until,
};
use serde_json::{Value, json};

use crate::meddler::{Meddler, Said};

const LIMIT: Duration = Duration::from_secs(120);

fn platform() -> Result<Platform> {
    Platform::of(std::env::consts::ARCH, std::env::consts::OS).context("a platform")
}

/// Packages of a client that is the one under test: each version differs in bytes that nobody runs.
struct Packages<'a> {
    scene: &'a Scene,
    /// `mist` without what only debuggers read.
    lean: PathBuf,
}

impl<'a> Packages<'a> {
    fn new(scene: &'a Scene) -> Result<Self> {
        let lean = scene.folder("lean")?.join("mist");
        done(Command::new("objcopy").arg("--strip-all").arg(program("mist")?).arg(&lean))?;
        Ok(Self { scene, lean })
    }

    /// The folder of a version.
    fn folder(&self, version: &str) -> Result<PathBuf> {
        let name = format!("mist-desktop-{version}-{}", platform()?);
        let folder = self.scene.path("packages").join(&name);
        if folder.exists() {
            return Ok(folder);
        }
        let mut command = fs::read(&self.lean)?;
        command.extend(version.as_bytes());
        // What does not pack, so that there is something to be interrupted.
        command.extend(random_bytes(7, 12 << 20));
        Tree::default()
            .program("bin/mist", command)
            .program("bin/mist-desktop", format!("#!/bin/sh\necho the desktop app {version}\n"))
            .program("start", "#!/bin/sh\nexec \"$(dirname \"$0\")/bin/mist-desktop\"\n")
            .file("share/applications/mist-desktop.desktop", "[Desktop Entry]\n")
            .file("share/mist/release", format!("{version} {}\n", platform()?))
            .write_to(&folder)?;
        Ok(folder)
    }

    /// The package of a version.
    fn file(&self, version: &str) -> Result<PathBuf> {
        let folder = self.folder(version)?;
        let name = folder.file_name().context("a name")?.to_str().context("text")?.to_owned();
        let file = self.scene.path("packages").join(format!("{name}.tar.zst"));
        let mut tar = Command::new("tar")
            .args(["--format=ustar", "--sort=name", "-C"])
            .arg(self.scene.path("packages"))
            .args(["-cf", "-", &name])
            .stdout(Stdio::piped())
            .spawn()?;
        let packed = tar.stdout.take().context("its output")?;
        done(Command::new("zstd").args(["-q", "-1", "-f", "-o"]).arg(&file).stdin(packed))?;
        ensure!(tar.wait()?.success());
        Ok(file)
    }

    /// What a friend unpacked, in a folder of theirs.
    fn unpacked(&self, version: &str, into: &str) -> Result<Unpacked> {
        let root = self.scene.path(into);
        done(Command::new("cp").arg("-a").arg(self.folder(version)?).arg(&root))?;
        fs::write(root.join("notes.txt"), "mine")?;
        Ok(Unpacked { root })
    }
}

fn done(command: &mut Command) -> Result<()> {
    let ended = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(ended.success(), "{command:?}: {ended}");
    Ok(())
}

/// A client in a folder.
struct Unpacked {
    root: PathBuf,
}

impl Unpacked {
    fn mist(&self) -> PathBuf {
        self.root.join("bin/mist")
    }

    fn update(&self, friend: &Friend, args: &[&str]) -> Result<Outcome> {
        friend.mist_at(&self.mist(), &[&["self-update"], args].concat()).run(LIMIT)
    }

    /// The version that is there: all of it, byte for byte.
    fn is(&self, packages: &Packages, version: &str) -> Result<()> {
        let folder = packages.folder(version)?;
        for file in ["bin/mist", "bin/mist-desktop", "start", "share/mist/release"] {
            ensure!(
                fs::read(self.root.join(file))? == fs::read(folder.join(file))?,
                "{file} is not that of {version}"
            );
        }
        ensure!(fs::read_to_string(self.root.join("notes.txt"))? == "mine");
        Ok(())
    }

    /// Both programs start.
    fn starts(&self, friend: &Friend) -> Result<()> {
        friend.mist_at(&self.mist(), &["--version"]).run(LIMIT)?.success()?;
        friend.mist_at(&self.root.join("start"), &[]).run(LIMIT)?.success()?;
        Ok(())
    }

    /// Bytes of a file below the folder in which the next version comes together.
    fn staged(&self, name: &str) -> u64 {
        let folder = self.root.join(".mist-update");
        if name != "part" {
            return fs::metadata(folder.join(name)).map_or(0, |m| m.len());
        }
        let parts = fs::read_dir(folder).into_iter().flatten().flatten();
        parts
            .filter(|e| e.path().extension().is_some_and(|x| x == "part"))
            .filter_map(|e| e.metadata().ok())
            .map(|m| m.len())
            .sum()
    }
}

/// A server with a release key, its admin, and a friend.
fn group(scene: &Scene) -> Result<(Server, Admin, Friend)> {
    let (server, admin) = Server::with_builds(scene, [Tree::default().file("a.txt", "a")])?;
    let ann = server.friend("ann")?;
    ann.install("drift")?;
    Ok((server, admin, ann))
}

fn push(admin: &Admin, files: &[&Path]) -> Result<Outcome> {
    admin.mistpipe(&["client", "push", "--yes"])?.args(files).run(LIMIT)
}

fn get(url: &str) -> Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Ok(reqwest::get(url).await?.error_for_status()?.bytes().await?.to_vec()) })
}

#[test]
fn a_client_takes_the_place_of_itself_and_never_goes_back() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin, ann) = group(scene)?;
        let packages = Packages::new(scene)?;
        let app = packages.unpacked("0.1.0", "apps")?;
        let said = app.update(&ann, &[])?.success()?.said();
        ensure!(said.contains("Mist 0.1.0 is the newest version"), "{said}");
        let page = String::from_utf8(get(&server.url())?)?;
        ensure!(page.contains("gives you Mist"), "{page}");

        let (new, newer) = (packages.file("0.2.0")?, packages.file("0.10.0")?);
        push(&admin, &[&new])?.success()?;
        let name = new.file_name().context("a name")?.to_str().context("text")?;
        let page = String::from_utf8(get(&server.url())?)?;
        ensure!(page.contains(&format!("href=\"client/{name}\"")), "{page}");
        ensure!(
            get(&format!("{}/client/{name}", server.url()))? == fs::read(&new)?,
            "what browsers get is another file"
        );
        ensure!(get(&format!("{}/client/no-{name}", server.url())).is_err());
        let listed = admin.run(&["client", "ls"])?.said();
        ensure!(listed.contains(name) && !listed.contains("refuse"), "{listed}");

        // What was built by hand, or installed by a package manager, is not replaced.
        let refused = ann.mist(&["self-update"])?.run(LIMIT)?.expect(1)?.said();
        ensure!(refused.contains("not put here by a package"), "{refused}");
        let said = app.update(&ann, &["--check"])?.success()?.said();
        ensure!(said.contains("Mist 0.2.0 is there"), "{said}");
        app.is(&packages, "0.1.0")?;
        // While another Mist runs, which goes on as it is.
        let mut running = ann.mist_at(&app.mist(), &["seed"]).start()?;
        let updated = app.update(&ann, &[])?.success()?.said();
        ensure!(updated.contains("Mist is at 0.2.0 now; it was at 0.1.0"), "{updated}");
        running.still_runs()?;
        app.is(&packages, "0.2.0")?;
        app.starts(&ann)?;
        ensure!(!app.root.join(".mist-update").exists());
        running.terminate(LIMIT)?.success()?;

        // A friend who saw 0.10.0 offered is not given an older one, whatever the server has by then.
        push(&admin, &[&newer])?.success()?;
        let said = app.update(&ann, &["--check", "--json"])?.success()?.json::<Value>()?;
        ensure!(said["version"] == "0.10.0" && said["here"] == "0.2.0", "{said}");
        let older = packages.file("0.9.0")?;
        let refused = push(&admin, &[&older])?.expect(1)?.said();
        ensure!(refused.contains("0.10.0 is offered already"), "{refused}");
        let name = newer.file_name().context("a name")?.to_str().context("text")?;
        admin.run(&["client", "rm", name])?;
        push(&admin, &[&older])?.success()?;
        let refused = app.update(&ann, &[])?.expect(1)?.said();
        ensure!(refused.contains("0.10.0 was offered before"), "{refused}");
        app.is(&packages, "0.2.0")?;

        // Only the holder of the release key offers packages, and it follows a rotation.
        let other = server.admin_at("laptop", &Place::Here)?;
        other.run(&["key", "new"])?;
        let refused = push(&other, &[&packages.file("0.11.0")?])?.expect(3)?.said();
        ensure!(refused.contains("signed by the release key"), "{refused}");
        admin.run(&["key", "rotate", "--yes"])?;
        let said = app.update(&ann, &[])?.success()?.said();
        ensure!(said.contains("is the newest version"), "what the key before signed is no news: {said}");
        push(&admin, &[&packages.file("0.11.0")?])?.success()?;
        app.update(&ann, &[])?.success()?;
        app.is(&packages, "0.11.0")
    })
}

#[test]
fn a_package_that_lies_about_itself_is_not_offered() -> Result<()> {
    Scene::play(|scene| {
        let (_server, admin, _ann) = group(scene)?;
        let packages = Packages::new(scene)?;
        let file = packages.file("0.2.0")?;
        let renamed = file.with_file_name(format!("mist-desktop-0.3.0-{}.tar.zst", platform()?));
        fs::copy(&file, &renamed)?;
        let refused = push(&admin, &[&renamed])?.expect(1)?.said();
        ensure!(refused.contains("does not say \"0.3.0"), "{refused}");
        let nameless = file.with_file_name("client.tar.zst");
        fs::copy(&file, &nameless)?;
        let refused = push(&admin, &[&nameless])?.expect(1)?.said();
        ensure!(refused.contains("is not called as packages of the client are"), "{refused}");
        ensure!(admin.run(&["client", "ls"])?.said().contains("no package of the client is offered"));
        Ok(())
    })
}

/// What a server that somebody took over says of the client.
#[derive(Clone, Default)]
struct Lie {
    /// The statement in place of the true one.
    statement: Option<String>,
    /// The parts in place of the true ones.
    parts: Option<Part>,
}

#[derive(Clone)]
enum Part {
    Bytes(Vec<u8>),
    Endless(Arc<AtomicU64>),
}

#[test]
fn a_server_that_was_taken_over_replaces_no_client() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin, ann) = group(scene)?;
        let packages = Packages::new(scene)?;
        let file = packages.file("0.2.0")?;
        push(&admin, &[&file])?.success()?;
        let lie = Arc::new(Mutex::new(Lie::default()));
        let telling = lie.clone();
        let meddler = Meddler::by(server.address(), move |path| {
            let lie = telling.lock().expect("no panic").clone();
            match (path, lie) {
                ("/api/v1/clients", Lie { statement: Some(statement), .. }) => {
                    Said::Json(Box::new(move |list| list["packages"][0]["statement"] = json!(statement)))
                }
                (path, Lie { parts: Some(part), .. }) if path.starts_with("/api/v1/clients/") => match part {
                    Part::Bytes(bytes) => Said::Bytes(bytes),
                    Part::Endless(taken) => Said::Endless(taken),
                },
                _ => Said::Truth,
            }
        })?;
        ann.login_at(&meddler.url())?;
        let app = packages.unpacked("0.1.0", "apps")?;
        let refuses = |what: &str, told: Lie, says: &str| -> Result<()> {
            *lie.lock().expect("no panic") = told;
            let refused = app.update(&ann, &[])?.expect(1)?.said();
            ensure!(refused.contains(says), "{what}: {refused}");
            app.is(&packages, "0.1.0").with_context(|| what.to_owned())?;
            app.starts(&ann).with_context(|| what.to_owned())
        };
        let package = |version: &str, hash: Hash| -> Result<ClientPackage> {
            let size = fs::metadata(&file)?.len();
            Ok(ClientPackage {
                platform: platform()?,
                kind: PackageKind::TarZst,
                version: version.parse()?,
                size,
                hash,
            })
        };
        let stranger = ReleaseSecret::from_seed(&[66; 32]);
        let forged = SignedPackage::sign(&stranger, package("0.3.0", Hash::of(b"evil"))?)?;
        let statement = |text: String| Lie { statement: Some(text), parts: None };
        refuses(
            "another key",
            statement(ClientOffer::of(&forged, UnixMillis(0)).statement),
            "is trusted here",
        )?;
        let list: Value = serde_json::from_slice(&get(&format!("{}/api/v1/clients", server.url()))?)?;
        let truth = list["packages"][0]["statement"].as_str().context("a statement")?.to_owned();
        let altered = format!("{}AAAA{}", &truth[..60], &truth[64..]);
        refuses("an altered statement", statement(altered), "not signed as it should be")?;
        refuses("no statement", statement(String::new()), "not signed as it should be")?;
        let parts = |part| Lie { statement: None, parts: Some(part) };
        let (taken, mib) = (Arc::new(AtomicU64::new(0)), 1 << 20);
        refuses("other bytes", parts(Part::Bytes(random_bytes(3, mib))), "is not what was signed")?;
        refuses("half a part", parts(Part::Bytes(random_bytes(3, mib / 2))), "is not what was signed")?;
        refuses("nothing", parts(Part::Bytes(vec![])), "is not what was signed")?;
        refuses("more than a part", parts(Part::Bytes(random_bytes(3, mib + 1))), "")?;
        refuses("bytes without end", parts(Part::Endless(taken.clone())), "")?;
        let taken = taken.load(std::sync::atomic::Ordering::SeqCst);
        ensure!(taken < 64 << 20, "{taken} bytes were taken of an answer without end");
        *lie.lock().expect("no panic") = Lie::default();
        app.update(&ann, &[])?.success()?;
        app.is(&packages, "0.2.0")
    })
}

#[test]
fn a_client_that_is_killed_while_it_takes_the_place_of_itself_is_the_old_one_or_the_new_one() -> Result<()> {
    Scene::play(|scene| {
        let (_server, admin, ann) = group(scene)?;
        let packages = Packages::new(scene)?;
        push(&admin, &[&packages.file("0.2.0")?])?.success()?;
        let size = fs::metadata(packages.folder("0.2.0")?.join("bin/mist"))?.len();
        // While it is fetched, while it is unpacked, and about the time that it is swapped in.
        let points = [
            ("part", 1),
            ("part", 5 << 20),
            ("part", 11 << 20),
            ("staged/bin/mist", 1),
            ("staged/bin/mist", size / 2),
        ]
        .into_iter()
        .chain([("staged/bin/mist", size); 6]);
        let mut killed = 0;
        for (n, (file, bytes)) in points.enumerate() {
            let app = packages.unpacked("0.1.0", &format!("apps-{n}"))?;
            let update = ann.mist_at(&app.mist(), &["self-update"]).start()?;
            killed += u32::from(kill_when(update, || app.staged(file) >= bytes)?);
            // What was marked as whole takes its place at the next start; nothing else does.
            app.starts(&ann)?;
            let old = app.is(&packages, "0.1.0");
            let new = app.is(&packages, "0.2.0");
            ensure!(old.is_ok() || new.is_ok(), "{file} {bytes}: neither version: {old:?}, {new:?}");
            app.update(&ann, &[])?.success()?;
            app.is(&packages, "0.2.0")?;
            app.starts(&ann)?;
            fs::remove_dir_all(&app.root)?;
        }
        ensure!(killed >= 5, "only {killed} were killed in the middle");
        // What had arrived before a kill was not fetched again.
        let app = packages.unpacked("0.1.0", "apps-again")?;
        let update = ann.mist_at(&app.mist(), &["self-update"]).start()?;
        if kill_when(update, || app.staged("part") >= 6 << 20)? {
            ensure!(app.staged("part") >= 6 << 20);
            let torn = app.root.join(".mist-update");
            let part = fs::read_dir(&torn)?
                .flatten()
                .map(|e| e.path())
                .find(|p| p.extension().is_some_and(|x| x == "part"));
            // The end of what was being written is torn.
            let part = part.context("what has arrived")?;
            let length = fs::metadata(&part)?.len();
            File::options().write(true).open(&part)?.set_len(length - length % (1 << 20) + 17)?;
        }
        app.update(&ann, &[])?.success()?;
        app.is(&packages, "0.2.0")
    })
}

/// Kills it once that is so. Whether it still ran.
fn kill_when(mut task: Task, is_so: impl Fn() -> bool) -> Result<bool> {
    let runs = until("the point at which it is killed", LIMIT, Duration::from_millis(1), || {
        if task.ended()?.is_some() {
            return Ok(Some(false));
        }
        Ok(is_so().then_some(true))
    })?;
    if !runs {
        // It was done before.
        let ended = task.finish(LIMIT)?;
        if ended.code() != Some(0) {
            bail!("{}", ended.said());
        }
        return Ok(false);
    }
    task.kill_nine()?;
    Ok(true)
}
