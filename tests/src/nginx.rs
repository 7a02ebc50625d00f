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
  }}
}}
"
    )
}
