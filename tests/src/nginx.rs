//! Configurations of nginx: what all of them share, and the one that serves files.

use std::{net::SocketAddr, path::Path};

/// Where nginx keeps what it holds for a while, in the folder `dir`.
pub fn temporary(dir: &Path) -> String {
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {}/{kind};\n", dir.display()))
        .concat()
}

/// A server of the files below `root`, with the certificate that [`certify`](crate::certify) made in `dir`.
pub fn file_server(dir: &Path, address: SocketAddr, root: &Path) -> String {
    files(dir, address, root, "")
}

/// The same, which takes files by PUT too, of any size.
pub fn file_taker(dir: &Path, address: SocketAddr, root: &Path) -> String {
    files(dir, address, root, "    dav_methods PUT;\n    client_max_body_size 0;\n")
}

fn files(dir: &Path, address: SocketAddr, root: &Path, more: &str) -> String {
    let temporary = temporary(dir);
    let (dir, root) = (dir.display(), root.display());
    // One process, so that what it costs is what the program costs.
    format!(
        "daemon off;
master_process off;
user root;
pid {dir}/pid;
error_log stderr warn;
events {{}}
http {{
{temporary}  access_log off;
  sendfile on;
  server {{
    listen {address} ssl;
    ssl_certificate {dir}/leaf.pem;
    ssl_certificate_key {dir}/leaf.key;
    root {root};
{more}  }}
}}
"
    )
}
