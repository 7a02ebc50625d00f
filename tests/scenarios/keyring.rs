//! Where `mistpipe` and `mist` keep what is secret: in the system's keyring, or in files where there is none.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Admin, Friend, Keyring, Outcome, PASSWORD, Program, Scene, Server, Tree, eventually, without_keyring,
};
use walkdir::WalkDir;

const COMMAND: Duration = Duration::from_secs(60);
const WARNING: &str = "there is no keyring here that can be used";

/// The one line of a key that counts.
fn seed_of(exported: &Path) -> Result<String> {
    let text = fs::read_to_string(exported)?;
    Ok(text.lines().find(|line| !line.starts_with('#')).context("a key")?.to_owned())
}

/// Fails if a file in `folder` has this in it.
fn has_none(folder: &Path, secret: &str) -> Result<()> {
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            ensure!(!text.contains(secret), "{} has the secret", entry.path().display());
        }
    }
    Ok(())
}

struct Machine<'a> {
    admin: &'a Admin,
    given: &'a dyn Fn(Program) -> Program,
}

impl Machine<'_> {
    fn run(&self, args: &[&str]) -> Result<Outcome> {
        (self.given)(self.admin.mistpipe(args)?).run(COMMAND)
    }

    fn login(&self, server: &Server) -> Result<Outcome> {
        let url = server.url();
        let login =
            self.admin.mistpipe(&["login", &url, "--user", "admin", "--password-stdin"])?.stdin(PASSWORD);
        (self.given)(login).run(COMMAND)?.success()
    }

    /// The seed of the release key, by a copy that is removed again.
    fn seed(&self, scene: &Scene) -> Result<String> {
        let copy = scene.path("copy-of-the-key");
        self.run(&["key", "export", &copy.to_string_lossy()])?.success()?;
        let seed = seed_of(&copy)?;
        fs::remove_file(copy)?;
        Ok(seed)
    }
}

#[test]
fn the_key_and_the_session_are_in_the_keyring_of_a_desktop() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let keyring = Keyring::start(scene)?;
        let admin = server.machine("pc");
        let desktop = Machine { admin: &admin, given: &|program| keyring.given_to(program) };
        let build = scene.path("build");
        Tree::default().file("game.bin", "one").write_to(&build)?;
        let build = build.to_string_lossy();

        let said = desktop.login(&server)?;
        ensure!(!said.said().contains(WARNING), "{}", said.said());
        desktop.run(&["new-game", "drift"])?.success()?;
        desktop.run(&["push", &build, "--game", "drift", "--version", "1"])?.success()?;
        let seed = desktop.seed(scene)?;
        has_none(admin.home(), &seed)?;
        for name in ["session.json", "release-key"] {
            let text = fs::read_to_string(admin.home().join(name))?;
            ensure!(text.starts_with("{\"in_keyring\":"), "{name} is {text:?}");
        }
        let shown = desktop.run(&["key", "show"])?.success()?.stdout;
        ensure!(shown.contains("the system's keyring") && shown.contains("the server knows it"), "{shown}");

        // Without its keyring nothing is made anew over what is in it.
        let bare = Machine { admin: &admin, given: &without_keyring };
        let refused = bare.run(&["key", "show"])?.expect(3)?;
        ensure!(refused.said().contains("which can't be read now"), "{}", refused.said());
        bare.run(&["push", &build, "--game", "drift", "--version", "2"])?.expect(3)?;
        ensure!(desktop.seed(scene)? == seed, "the key is the same");

        // Where it stays closed, a backup helps, and the keyring keeps what it has.
        let backup = scene.path("backup").to_string_lossy().into_owned();
        desktop.run(&["key", "export", &backup])?.success()?;
        let closed =
            Machine { admin: &admin, given: &|program| without_keyring(program).env("MIST_SECRETS", "file") };
        closed.run(&["key", "import", &backup])?.success()?;
        ensure!(
            closed.seed(scene)? == seed && admin.home().join("release-key.unread").exists(),
            "both are there"
        );

        // Two homes at one server are two entries.
        let other = server.machine("other");
        let second = Machine { admin: &other, given: &|program| keyring.given_to(program) };
        second.login(&server)?;
        second.run(&["logout"])?.success()?;
        desktop.run(&["ls"])?.success()?;

        // Into the keyring, into files by choice, and back.
        desktop.run(&["key", "show"])?.success()?;
        has_none(admin.home(), &seed)?;
        let filed = Machine {
            admin: &admin,
            given: &|program| keyring.given_to(program).env("MIST_SECRETS", "file"),
        };
        ensure!(filed.seed(scene)? == seed, "the same key");
        ensure!(seed_of(&admin.home().join("release-key"))? == seed, "it is in its file");
        ensure!(
            fs::metadata(admin.home().join("release-key"))?.permissions().mode() & 0o777 == 0o600,
            "private"
        );
        ensure!(bare.seed(scene)? == seed, "a file that is there goes on working");
        let moved = desktop.run(&["key", "show"])?.success()?;
        ensure!(moved.said().contains("from now on"), "{}", moved.said());
        has_none(admin.home(), &seed)?;
        ensure!(desktop.seed(scene)? == seed, "the same key");
        desktop.run(&["key", "rotate", "--yes"])?.success()?;
        has_none(admin.home(), &desktop.seed(scene)?)?;
        desktop.run(&["push", &build, "--game", "drift", "--version", "2"])?.success()?;

        Ok(())
    })
}

#[test]
fn without_a_keyring_files_do_and_that_is_said_once() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.machine("pc");
        let bare = Machine { admin: &admin, given: &without_keyring };
        let build = scene.path("build");
        Tree::default().file("game.bin", "one").write_to(&build)?;
        let build = build.to_string_lossy();

        let said = bare.login(&server)?.said();
        ensure!(said.lines().filter(|line| line.contains(WARNING)).count() == 1, "{said}");
        let mut later = String::new();
        later += &bare.run(&["new-game", "drift"])?.success()?.said();
        later += &bare.run(&["push", &build, "--game", "drift", "--version", "1"])?.success()?.said();
        later += &bare.run(&["key", "rotate", "--yes"])?.success()?.said();
        later += &bare.run(&["key", "show"])?.success()?.said();
        ensure!(!later.contains(WARNING), "{later}");
        for name in ["session.json", "release-key"] {
            let mode = fs::metadata(admin.home().join(name))?.permissions().mode();
            ensure!(mode & 0o777 == 0o600, "{name} is {mode:o}");
        }
        ensure!(seed_of(&admin.home().join("release-key"))? == bare.seed(scene)?, "it is in its file");

        let filed = server.machine("filed");
        let filed =
            Machine { admin: &filed, given: &|program| without_keyring(program).env("MIST_SECRETS", "file") };
        let said = filed.login(&server)?.said();
        ensure!(!said.contains(WARNING), "who chose files is not warned: {said}");
        let wrong = Machine { admin: &admin, given: &|program| program.env("MIST_SECRETS", "off") };
        ensure!(wrong.run(&["key", "show"])?.expect(2)?.said().contains("use keyring or file"), "refused");
        Ok(())
    })
}

/// A friend's machine with a game of the server, who signs in by `given`.
fn signed_in(server: &Server, name: &str, given: &dyn Fn(Program) -> Program) -> Result<(Friend, Outcome)> {
    server.tracker(&["user", "add", name, "--password-stdin"], PASSWORD)?;
    let friend = server.newcomer(name);
    let url = server.url();
    let login = friend.mist(&["--json", "login", &url, "--user", name, "--password-stdin"])?.stdin(PASSWORD);
    let said = given(login).run(COMMAND)?.success()?;
    Ok((friend, said))
}

/// Every line that a program printed is one JSON object.
fn is_json(said: &str) -> bool {
    said.lines().all(|line| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line).is_ok())
}

#[test]
fn a_friends_session_is_in_the_keyring_and_homes_have_entries_of_their_own() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let keyring = Keyring::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        Tree::default().file("game.bin", "one").write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let given = |program| keyring.given_to(program);
        let run = |friend: &Friend, args: &[&str]| keyring.given_to(friend.mist(args)?).run(COMMAND);

        let (mia, said) = signed_in(&server, "mia", &given)?;
        ensure!(is_json(&said.stdout) && !said.said().contains(WARNING), "{}", said.said());
        let (ben, _) = signed_in(&server, "ben", &given)?;
        for friend in [&mia, &ben] {
            let session = fs::read_to_string(friend.servers_folder()?.join("session.json"))?;
            ensure!(session.starts_with("{\"in_keyring\":"), "{session}");
            has_none(&friend.servers_folder()?, "refresh")?;
        }
        run(&mia, &["install", "drift"])?.success()?;
        run(&ben, &["logout"])?.success()?;
        run(&mia, &["update", "drift"])?.success()?;

        // Where it is closed, what is installed can be seen and played, and what is wrong is said.
        let closed = without_keyring(mia.mist(&["library"])?).run(COMMAND)?;
        ensure!(closed.said().contains("which can't be read now"), "{}", closed.said());
        // Who signs in there has a session in a file from then on, and is told.
        let url = server.url();
        let login = || mia.mist(&["login", &url, "--user", "mia", "--password-stdin"]);
        let again = without_keyring(login()?.stdin(PASSWORD)).run(COMMAND)?.success()?.said();
        ensure!(again.matches(WARNING).count() == 1, "{again}");
        without_keyring(mia.mist(&["update", "drift"])?).run(COMMAND)?.success()?;
        // And back, at the next sign-in at the desktop.
        run(&mia, &["library"])?.success()?;
        keyring.given_to(login()?.stdin(PASSWORD)).run(COMMAND)?.success()?;
        has_none(&mia.servers_folder()?, "refresh")?;
        run(&mia, &["update", "drift"])?.success()?;
        Ok(())
    })
}

#[test]
fn an_engine_signs_in_by_itself_once_the_keyring_is_open() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let keyring = Keyring::start(scene)?;
        let given = |program| keyring.given_to(program);
        let (mia, _) = signed_in(&server, "mia", &given)?;
        let file = mia.servers_folder()?.join("session.json");
        let named = fs::read_to_string(&file)?;
        // An entry that nobody has is as good as a closed keyring.
        fs::write(&file, r#"{"in_keyring":"no such entry"}"#)?;
        let mut seed = keyring.given_to(mia.mist(&["seed"])?).start()?;
        eventually("it says what is wrong", COMMAND, || {
            seed.still_runs()?;
            Ok((seed.output() + &seed.said()).contains("which can't be read now").then_some(()))
        })?;
        let who = || -> Result<serde_json::Value> {
            let status = without_keyring(mia.mist(&["--json", "status"])?).run(COMMAND)?.success()?;
            Ok(status.json::<serde_json::Value>()?["server"]["user"].take())
        };
        ensure!(who()?.is_null(), "nobody is signed in");
        fs::write(&file, named)?;
        eventually("mia is signed in", COMMAND, || Ok((who()? == "mia").then_some(())))?;
        seed.terminate(COMMAND)?;
        Ok(())
    })
}

#[test]
fn a_friend_without_a_keyring_is_told_once_and_scripts_are_not_bothered() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let (mia, said) = signed_in(&server, "mia", &without_keyring)?;
        ensure!(is_json(&said.stdout) && said.stdout.matches(WARNING).count() == 1, "{}", said.said());
        let file = mia.servers_folder()?.join("session.json");
        ensure!(fs::metadata(&file)?.permissions().mode() & 0o777 == 0o600, "private");
        let mut later = String::new();
        for args in [&["library"][..], &["--json", "status"], &["--json", "settings"]] {
            let said = without_keyring(mia.mist(args)?).run(COMMAND)?.success()?;
            ensure!(args[0] != "--json" || is_json(&said.stdout), "{}", said.stdout);
            later += &said.said();
        }
        ensure!(!later.contains(WARNING), "{later}");

        let filed = |program: Program| without_keyring(program).env("MIST_SECRETS", "file");
        let (_, said) = signed_in(&server, "ben", &filed)?;
        ensure!(!said.said().contains(WARNING), "who chose files is not warned: {}", said.said());
        Ok(())
    })
}
