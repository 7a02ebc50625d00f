//! A private Redis server on a Unix socket, gone when dropped.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mist_tracker::shared::{Seams, redis};
use tempfile::TempDir;

const MISSING: &str = "Redis is not installed: `./dev test` installs it, or apt-get install redis-server";

pub(crate) struct RedisServer {
    server: Option<Child>,
    folder: TempDir,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        let mut this = Self { server: None, folder: TempDir::with_prefix("mist-redis-").expect("a folder") };
        this.begin();
        this
    }

    /// Starts it, with nothing in it.
    pub(crate) fn begin(&mut self) {
        let server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(MISSING);
        self.server = Some(server);
        let deadline = Instant::now() + Duration::from_secs(30);
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            assert!(Instant::now() < deadline, "Redis does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
            let _ = std::fs::remove_file(self.socket());
        }
    }

    /// Forgets all that it keeps, and every script.
    pub(crate) async fn flush(&self) {
        let client = ::redis::Client::open(self.url()).expect("an address of Redis");
        let mut connection = client.get_multiplexed_async_connection().await.expect("a connection");
        for words in [&["FLUSHALL"][..], &["SCRIPT", "FLUSH"]] {
            let mut command = ::redis::cmd(words[0]);
            command.arg(&words[1..]);
            command.exec_async(&mut connection).await.expect("an answer");
        }
    }

    /// Sends it a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.server.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill");
        assert!(sent.success(), "{name}");
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// The seams of one replica, with keys of their own for each `name`.
    pub(crate) fn seams(&self, name: &str) -> Seams {
        redis::seams(&self.url(), name).expect("an address of Redis")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
