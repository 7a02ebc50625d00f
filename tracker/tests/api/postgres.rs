//! A private PostgreSQL cluster on a Unix socket, gone when dropped.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const VERSIONS: &str = "/usr/lib/postgresql";
const MISSING: &str = "PostgreSQL is not installed: `./dev test` installs it, or apt-get install postgresql";

pub(crate) struct Cluster {
    server: Child,
    programs: PathBuf,
    folder: TempDir,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let versions = fs::read_dir(VERSIONS).expect(MISSING).flatten().map(|v| v.path().join("bin"));
        let programs = versions.filter(|bin| bin.join("initdb").is_file()).max().expect(MISSING);
        let folder = TempDir::with_prefix("mist-pg-").expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("mode");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("a folder");
        if is_root() {
            run(Command::new("chown").args(["-R", "postgres:"]).arg(folder.path()));
        }
        let initdb = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D"];
        run(program(&programs, "initdb").args(initdb).arg(&data));
        let server = program(&programs, "postgres")
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-D"])
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postgres starts");
        let cluster = Self { server, programs, folder };
        let deadline = Instant::now() + Duration::from_secs(30);
        while !cluster.tool("pg_isready").status().is_ok_and(|s| s.success()) {
            assert!(Instant::now() < deadline, "PostgreSQL does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        cluster
    }

    /// Makes an empty database.
    pub(crate) fn create(&self, name: &str) -> String {
        // PostgreSQL cuts longer names.
        let name = &name[..name.len().min(60)];
        run(self.tool("createdb").args(["--username=postgres", name]));
        format!("postgres://postgres@localhost/{name}?host={}", self.folder.path().display())
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = program(&self.programs, name);
        command.arg("--host").arg(self.folder.path()).stdout(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT asks for a fast shutdown, which ends the server's children too.
        let pid = self.server.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let _ = self.server.wait();
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

/// PostgreSQL refuses to run as root and has a user of its own.
fn program(programs: &Path, name: &str) -> Command {
    let path = programs.join(name);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir("/");
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
