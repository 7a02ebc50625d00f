//! Proving to a client that this server holds its key, and is where the client found it.
//!
//! Whoever copies the public key could pass a client's challenge on to the real server and hand back what that signs. So the
//! address is part of what is signed, and only addresses of this server are signed for: its `public_url`, and those of the
//! machine that the caller reached directly.

use std::net::IpAddr;

use mist_proto::{
    Hash,
    http::{AddressProof, ProveAddress},
};
use reqwest::Url;

use super::Auth;
use crate::error::Problem;

/// The longest address that is looked at, in bytes.
const MAX_ADDRESS: usize = 2048;

/// Signs the challenge for the address.
///
/// # Errors
/// [`Problem::NotThisAddress`], or 400 for what is no challenge or address.
pub fn prove(auth: &Auth, asked: &ProveAddress, reached: Option<IpAddr>) -> Result<AddressProof, Problem> {
    let bad = |what: &str| Problem::invalid("bad_request", format!("{what} makes no sense"));
    let challenge: Hash = asked.challenge.parse().map_err(|_| bad("the challenge"))?;
    let address = Some(asked.address.as_str()).filter(|a| a.len() <= MAX_ADDRESS);
    let url = address.and_then(|a| Url::parse(a).ok()).ok_or_else(|| bad("the address"))?;
    if !is_ours(&url, &auth.addresses, reached) {
        return Err(Problem::NotThisAddress(asked.address.clone()));
    }
    Ok(AddressProof { signature: auth.signing.secret.prove(challenge.as_bytes(), &asked.address) })
}

/// Whether a caller who reached this machine at `reached` (if it did so directly) may take `url` for this server.
fn is_ours(url: &Url, addresses: &[Url], reached: Option<IpAddr>) -> bool {
    let folder = |url: &Url| url.path().trim_end_matches('/').to_owned();
    let known = |own: &Url| own.origin() == url.origin() && folder(own) == folder(url);
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let direct = |reached: IpAddr| match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical() == reached.to_canonical(),
        Err(_) => host == "localhost" && reached.to_canonical().is_loopback(),
    };
    addresses.iter().any(known) || reached.is_some_and(direct)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_server_are_signed_for() {
        let own = ["https://mist.example.org/games/".parse().expect("a URL")];
        let at = |ip: &str| Some(ip.parse::<IpAddr>().expect("an address"));
        for (address, reached, ours) in [
            ("https://mist.example.org/games", None, true),
            ("https://mist.example.org:443/games/", None, true),
            ("https://mist.example.org", None, false),
            ("http://mist.example.org/games", None, false),
            ("https://evil.example.org/games", at("10.0.0.1"), false),
            ("http://10.0.0.1:8080", at("10.0.0.1"), true),
            ("http://10.0.0.1:8080", at("10.0.0.2"), false),
            ("http://10.0.0.1:8080", None, false),
            ("http://[::1]:8080", at("::1"), true),
            ("http://127.0.0.1:8080", at("::ffff:127.0.0.1"), true),
            ("http://localhost:8080", at("127.0.0.1"), true),
            ("http://localhost:8080", at("10.0.0.1"), false),
        ] {
            let url = address.parse().expect("a URL");
            assert_eq!(is_ours(&url, &own, reached), ours, "{address} by {reached:?}");
        }
    }
}
