//! The border: nginx with TLS before the tracker, as friends on the internet reach it.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{Host, Program, Scene, Task, deadline::eventually, lab::Place, nginx::temporary};

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// A running nginx that spreads requests over several trackers, without TLS, on this machine. Those for bytes go to the
/// seed of the first one.
pub struct Balancer {
    task: Option<Task>,
    address: SocketAddr,
}

impl Balancer {
    /// Takes an address for one, which trackers can be told before they start.
    ///
    /// # Errors
    /// There is no free port.
    pub fn reserve() -> Result<Self> {
        let address = crate::loopback::free_address()?;
        Ok(Self { task: None, address })
    }

    /// Starts it before these trackers.
    ///
    /// # Errors
    /// nginx is not installed, or it does not come up.
    pub fn start(&mut self, scene: &Scene, upstreams: &[SocketAddr]) -> Result<()> {
        self.start_with(scene, upstreams, "")
    }

    /// Starts it before one tracker, with the store of its seed as the internal location `/store/`. What it sends of that says so.
    ///
    /// # Errors
    /// As [`Balancer::start`].
    pub fn start_with_store(&mut self, scene: &Scene, upstream: SocketAddr, store: &Path) -> Result<()> {
        self.start_with(scene, &[upstream], &internal(store))
    }

    fn start_with(&mut self, scene: &Scene, upstreams: &[SocketAddr], more: &str) -> Result<()> {
        let seed = upstreams.first().context("no tracker")?;
        let dir = scene.folder("balancer")?;
        let servers =
            upstreams.iter().map(|at| format!("    server {at} fail_timeout=1s;\n")).collect::<String>();
        let listen = self.address.to_string();
        let config = configuration(&dir, &format!("    listen {listen};\n"), &servers, *seed, "", more);
        self.task = Some(run(scene, &dir, &config, &Place::Here)?);
        Ok(())
    }

    /// The address that friends sign in to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A running nginx whose certificate is signed by an authority of its own.
pub struct Border {
    // Held to keep it running.
    _task: Task,
    url: String,
    authority: PathBuf,
}

impl Border {
    /// Starts one on `host` before the tracker at `upstream`.
    ///
    /// # Errors
    /// nginx or openssl is not installed, or it does not come up.
    pub fn start(scene: &Scene, host: &Host, upstream: SocketAddr) -> Result<Self> {
        Self::start_with(scene, &on(host), upstream, "", "")
    }

    /// Starts one on this machine's loopback, in a folder of that name, that may have the store of the seed as the internal location
    /// `/store/`.
    ///
    /// # Errors
    /// As [`Border::start`].
    pub fn start_here(scene: &Scene, name: &str, upstream: SocketAddr, store: Option<&Path>) -> Result<Self> {
        let at = At { place: Place::Here, address: crate::loopback::free_address()?, folder: name };
        Self::start_with(scene, &at, upstream, "", &store.map(internal).unwrap_or_default())
    }

    /// Starts one that has the store of the seed as the internal location `/store/`.
    ///
    /// # Errors
    /// As [`Border::start`].
    pub fn start_with_store(scene: &Scene, host: &Host, upstream: SocketAddr, store: &Path) -> Result<Self> {
        Self::start_with(scene, &on(host), upstream, "", &internal(store))
    }

    /// Starts one that lets no ranges through, as proxies do that are to cache whole answers.
    ///
    /// # Errors
    /// As [`Border::start`].
    pub fn start_without_ranges(scene: &Scene, host: &Host, upstream: SocketAddr) -> Result<Self> {
        Self::start_with(
            scene,
            &on(host),
            upstream,
            "      proxy_set_header Range \"\";\n      max_ranges 0;\n",
            "",
        )
    }

    fn start_with(
        scene: &Scene,
        at: &At<'_>,
        upstream: SocketAddr,
        for_bytes: &str,
        more: &str,
    ) -> Result<Self> {
        let dir = scene.folder(at.folder)?;
        certify(&dir, at.address.ip())?;
        let (dir_shown, address) = (dir.display(), at.address);
        let listen = format!(
            "    listen {address} ssl;
    ssl_certificate {dir_shown}/leaf.pem;
    ssl_certificate_key {dir_shown}/leaf.key;
"
        );
        let config =
            configuration(&dir, &listen, &format!("    server {upstream};\n"), upstream, for_bytes, more);
        let task = run(scene, &dir, &config, &at.place)?;
        let url = if address.port() == HTTPS {
            format!("https://{}", address.ip())
        } else {
            format!("https://{address}")
        };
        Ok(Self { _task: task, url, authority: dir.join("ca.pem") })
    }

    /// The address that friends sign in to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate that friends must trust, e.g. by `SSL_CERT_FILE`.
    pub fn authority(&self) -> &Path {
        &self.authority
    }
}

/// Where a border is.
struct At<'a> {
    place: Place,
    address: SocketAddr,
    /// Its folder in the scene.
    folder: &'a str,
}

fn on(host: &Host) -> At<'static> {
    At { place: Place::On(host.clone()), address: (host.address(), HTTPS).into(), folder: "border" }
}

/// The location by which nginx sends what lies in `store`.
fn internal(store: &Path) -> String {
    format!(
        "    location /store/ {{
      internal;
      alias {}/;
      add_header Sent-By nginx always;
    }}
",
        store.display()
    )
}

/// Starts nginx and waits until it runs.
fn run(scene: &Scene, dir: &Path, config: &str, place: &Place) -> Result<Task> {
    let file = dir.join("nginx.conf");
    fs::write(&file, config)?;
    let mut task = Program::system("nginx", place, &scene.logs()).arg("-c").arg(&file).start()?;
    let pid = dir.join("pid");
    eventually("nginx runs (`./dev test` installs nginx-light)", Duration::from_secs(10), || {
        task.still_runs()?;
        Ok(pid.is_file().then_some(()))
    })?;
    Ok(task)
}

/// `servers` are those of the API, `seed` is the one that has the bytes, `for_bytes` is what holds for those alone, and `more`
/// are other locations.
fn configuration(
    dir: &Path,
    listen: &str,
    servers: &str,
    seed: SocketAddr,
    for_bytes: &str,
    more: &str,
) -> String {
    let temporary = temporary(dir);
    let dir = dir.display();
    // One process, so that ending it ends all of it.
    format!(
        "daemon off;
master_process off;
pid {dir}/pid;
error_log stderr warn;
events {{}}
http {{
{temporary}  access_log off;
  upstream trackers {{
{servers}  }}
  server {{
{listen}    client_max_body_size 0;
    proxy_http_version 1.1;
    proxy_buffering off;
    proxy_request_buffering off;
    proxy_read_timeout 120s;
    proxy_set_header Host $http_host;
    proxy_set_header Connection \"\";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    location / {{
      proxy_pass http://trackers;
    }}
    location /seed/v1/ {{
{for_bytes}      proxy_pass http://{seed};
    }}
{more}  }}
}}
"
    )
}

/// Makes an authority (`ca.pem`) and a certificate (`leaf.pem`, `leaf.key`) for an IP address in the folder `dir`, on
/// the curve that every client knows.
///
/// # Errors
/// openssl is not installed or refuses.
pub fn certify(dir: &Path, address: impl Into<IpAddr>) -> Result<()> {
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    openssl(
        dir,
        &[
            &["req", "-x509", "-subj", "/CN=Mist test authority", "-keyout", "ca.key", "-out", "ca.pem"],
            &curve[..],
            &["-addext", "keyUsage=critical,keyCertSign"],
        ],
    )?;
    let names = format!("subjectAltName=IP:{}", address.into());
    let usage = "extendedKeyUsage=serverAuth";
    openssl(
        dir,
        &[
            &["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=border"],
            &["-keyout", "leaf.key", "-out", "leaf.pem"],
            &curve[..],
            &["-addext", &names, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", usage],
        ],
    )
}

fn openssl(dir: &Path, args: &[&[&str]]) -> Result<()> {
    let output = Command::new("openssl")
        .current_dir(dir)
        .args(args.concat())
        .output()
        .context("running openssl (`./dev test` installs it)")?;
    ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
