//! The address that a request comes from, through proxies that are trusted to say so.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

/// Both ends of the connection that a request came by; put there by the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// The other end.
    pub remote: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
}

/// Where the request comes from, for the handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// The caller's address as far as trusted proxies know it.
    pub caller: IpAddr,
    /// The address of this host by which the caller reached it; none behind a proxy.
    pub reached: Option<IpAddr>,
}

/// Proxies whose `X-Forwarded-For` counts.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Trusts these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// Whether the host at `ip` is one of them.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|n| n.contains(&ip))
    }

    /// Follows `X-Forwarded-For` from the nearest proxy outwards as long as each hop is trusted. Whatever a caller
    /// wrote there beyond the first untrusted hop is ignored.
    pub fn observe(&self, connection: Connection, headers: &HeaderMap) -> Observed {
        let remote = connection.remote.ip().to_canonical();
        if !self.contains(remote) {
            return Observed { caller: remote, reached: Some(connection.local.ip().to_canonical()) };
        }
        let lines: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
        let mut caller = remote;
        for hop in lines.iter().flat_map(|line| line.split(',')).rev() {
            let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
            caller = ip.to_canonical();
            if !self.contains(caller) {
                break;
            }
        }
        Observed { caller, reached: None }
    }
}

/// Puts [`Observed`] into the request. A request without a [`Connection`] comes by the control socket or from within
/// the process: from this host.
pub async fn observe(State(proxies): State<TrustedProxies>, mut request: Request, next: Next) -> Response {
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let connection =
        request.extensions().get::<Connection>().copied().unwrap_or(Connection { remote: here, local: here });
    let observed = proxies.observe(connection, request.headers());
    request.extensions_mut().insert(observed);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trusted: &[&str], remote: &str, forwarded: &[&str]) -> IpAddr {
        let proxies = TrustedProxies::new(trusted.iter().map(|n| n.parse().expect("network")).collect());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("header"));
        }
        let connection = Connection {
            remote: SocketAddr::new(remote.parse().expect("ip"), 1),
            local: SocketAddr::from(([10, 0, 0, 1], 80)),
        };
        proxies.observe(connection, &headers).caller
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |s: &str| s.parse::<IpAddr>().expect("ip");
        for (trusted, remote, forwarded, expected) in [
            (&[][..], "127.0.0.1", &["6.6.6.6"][..], "127.0.0.1"),
            (&["127.0.0.1/32"], "127.0.0.1", &["9.9.9.9"], "9.9.9.9"),
            (&["127.0.0.1/32"], "127.0.0.1", &["6.6.6.6, 9.9.9.9"], "9.9.9.9"),
            (&["127.0.0.1/32"], "127.0.0.1", &["6.6.6.6", "9.9.9.9"], "9.9.9.9"),
            (&["127.0.0.1/32", "10.0.0.0/8"], "127.0.0.1", &["9.9.9.9, 10.1.1.1"], "9.9.9.9"),
            (&["127.0.0.1/32"], "127.0.0.1", &["junk"], "127.0.0.1"),
            (&["127.0.0.1/32"], "127.0.0.1", &[], "127.0.0.1"),
            (&["127.0.0.1/32"], "8.8.8.8", &["9.9.9.9"], "8.8.8.8"),
            (&["127.0.0.1/32"], "::ffff:127.0.0.1", &["9.9.9.9"], "9.9.9.9"),
        ] {
            assert_eq!(seen(trusted, remote, forwarded), ip(expected), "{trusted:?} {remote} {forwarded:?}");
        }
    }
}
