//! The client, for people who have none yet. A browser can't check what it downloads here; whoever gets the client so trusts the server
//! this once, as they do with the page that it is on.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures::stream;
use mist_proto::{
    client_package::PackageKind,
    http::{ClientList, ClientOffer},
    limits::CLIENT_PART,
};

use super::answer;
use crate::{
    clients::{Clients, packages},
    error::{Answer, Problem},
};

/// A file is no page: it runs nothing and shows nothing.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// The bytes of a package that is offered, one part at a time.
pub(super) async fn package(State(clients): State<Clients>, Path(name): Path<String>) -> Answer<Response> {
    let offers = packages::list(&clients).await?.packages;
    let offer = offers.into_iter().find(|offer| offer.file_name() == name).ok_or(Problem::NotFound)?;
    let parts = u32::try_from(offer.size.div_ceil(CLIENT_PART as u64)).unwrap_or(u32::MAX);
    let hash = offer.hash;
    let bytes = stream::try_unfold((clients, 0), move |(clients, number)| async move {
        if number >= parts {
            return Ok(None);
        }
        let part = packages::part(&clients, &hash, number).await.map_err(|problem| {
            // It was replaced meanwhile; whoever reads sees that the file is not whole.
            tracing::info!(%hash, number, %problem, "a download of the client was broken off");
            std::io::Error::other("the package is not offered any more")
        })?;
        Ok::<_, std::io::Error>(Some((part, (clients, number + 1))))
    });
    let mut response = answer(StatusCode::OK, kind(offer.kind), &POLICY, Body::from_stream(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, offer.size.into());
    let attached = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, attached.map_err(|e| Problem::Internal(e.into()))?);
    Ok(response)
}

/// What the page says of the client: where it is, seen from a page at `up`. Names are of versions, platforms and kinds, none of which can
/// be anything but text on a page.
pub(super) fn links(offers: &ClientList, up: &str) -> String {
    if offers.packages.is_empty() {
        return "Whoever sent you here also gives you Mist for your system.".to_owned();
    }
    let link = |offer: &ClientOffer| {
        let (name, size) = (offer.file_name(), mist_readable::bytes(offer.size));
        format!(
            "<li><a href=\"{up}client/{name}\" download>Mist {} for {}</a> ({size})</li>",
            offer.version,
            system(offer)
        )
    };
    let links: String = offers.packages.iter().map(link).collect();
    format!("Mist for your system:<ul class=\"clients\">{links}</ul>")
}

/// What a package is for, in people's words.
fn system(offer: &ClientOffer) -> String {
    let processor = offer.platform.as_str().split('-').next().unwrap_or_default();
    let processor = match processor {
        "x86_64" => String::new(),
        other => format!(", {other}"),
    };
    let system = match offer.kind {
        PackageKind::TarZst => "any Linux, which updates itself",
        PackageKind::Deb => "Debian and Ubuntu",
        PackageKind::AppImage => "Linux, as one file",
        PackageKind::Exe => "Windows",
        PackageKind::Dmg => "macOS",
    };
    format!("{system}{processor}")
}

fn kind(kind: PackageKind) -> &'static str {
    match kind {
        PackageKind::TarZst => "application/zstd",
        PackageKind::Deb => "application/vnd.debian.binary-package",
        PackageKind::AppImage | PackageKind::Exe => "application/octet-stream",
        PackageKind::Dmg => "application/x-apple-diskimage",
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{Hash, UnixMillis};

    use super::*;

    #[test]
    fn a_page_names_what_is_offered_and_says_what_to_do_where_nothing_is() {
        assert!(links(&ClientList { packages: vec![] }, "").contains("gives you Mist"));
        let offer = |platform: &str, kind| ClientOffer {
            platform: platform.parse().expect("a platform"),
            kind,
            version: "0.2.0".parse().expect("a version"),
            size: 12_000_000,
            hash: Hash([0; 32]),
            added: UnixMillis(0),
            statement: String::new(),
        };
        let packages =
            vec![offer("x86_64-linux", PackageKind::Deb), offer("aarch64-linux", PackageKind::TarZst)];
        let page = links(&ClientList { packages }, "../");
        assert!(page.contains("<a href=\"../client/mist-desktop-0.2.0-x86_64-linux.deb\" download>Mist 0.2.0 for Debian and Ubuntu</a> (12.0 MB)"), "{page}");
        assert!(page.contains("Mist 0.2.0 for any Linux, which updates itself, aarch64"), "{page}");
    }
}
