//! The client's own packages: signed here, passed on by the server, taken by friends' programs.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use mist_proto::{
    Hash,
    client_package::{ClientPackage, ClientVersion, PackageKind, Platform, SignedPackage},
    http::route,
    limits::{CLIENT_PART, MAX_CLIENT_PACKAGE},
};
use mist_readable::{Align, Table, bytes};
use serde_json::json;

use crate::{
    api::{Api, TRANSFER},
    failure::{Exit, refuse},
    home::Home,
    release_key,
    show::{Screen, agreed},
};

/// `client ls`.
pub(super) async fn list(api: &Api, screen: Screen) -> Result<()> {
    let offers = api.ask(route::ListClients, &()).await?.packages;
    if offers.is_empty() {
        return screen.line("no package of the client is offered; make some with ./dev dist --desktop");
    }
    let trusted = api.trust().await?.release_key;
    let mut table =
        Table::new(&[("package", Align::Left), ("size", Align::Right), ("signed by", Align::Left)]);
    for offer in &offers {
        let signer = offer.signed().map(|signed| signed.signed_by());
        let said = match signer {
            Some(key) if Some(key) == trusted => key.fingerprint(),
            Some(key) => format!("{}, which is not the release key: friends refuse it", key.fingerprint()),
            None => "nobody: friends refuse it".to_owned(),
        };
        table.row([offer.file_name(), bytes(offer.size), said]);
        screen.record(&json!({
            "name": offer.file_name(),
            "version": offer.version,
            "platform": offer.platform,
            "kind": offer.kind,
            "size": offer.size,
            "hash": offer.hash,
            "signed_by": signer.map(|key| key.fingerprint()),
        }))?;
    }
    screen.table(&table)
}

/// `client push FILE...`.
pub(super) async fn push(home: &Home, screen: Screen, files: &[PathBuf], yes: bool) -> Result<()> {
    // All of them are looked at before anything is sent.
    let mut packages = Vec::new();
    for file in files {
        packages.push((file, read(file)?));
    }
    let api = Api::open(home)?;
    let (_, secret) = release_key::of_server(home, &api, "packages of the client are signed").await?;
    let names: Vec<String> = packages.iter().map(|(_, package)| package.file_name()).collect();
    let question =
        format!("Offer {} to your friends? Their programs can update themselves by it.", names.join(", "));
    agreed(yes, &question, "nothing was offered")?;
    for (file, package) in packages {
        let statement =
            SignedPackage::sign(&secret, package.clone()).context("what is said of the package")?;
        send(&api, file, &package).await?;
        api.call(route::OfferClient, &(), |call| call.body(statement.encode())).await?;
        screen.line(&format!("{} is offered", package.file_name()))?;
        screen.record(&json!({
            "event": "client_offered",
            "name": package.file_name(),
            "version": package.version,
            "hash": package.hash,
        }))?;
    }
    Ok(())
}

/// `client rm NAME`.
pub(super) async fn remove(api: &Api, screen: Screen, name: &str) -> Result<()> {
    let offers = api.ask(route::ListClients, &()).await?.packages;
    let found = offers.iter().find(|offer| offer.file_name() == name);
    let found = found.ok_or_else(|| {
        refuse(Exit::NotFound, format!("no package {name} is offered: see `mistpipe client ls`"))
    })?;
    api.ask(route::WithdrawClient, &found.hash).await?;
    screen.line(&format!("{name} is offered no longer; who has it keeps it"))?;
    screen.record(&json!({ "event": "client_withdrawn", "name": name }))
}

/// What a file is, by its name and its bytes.
fn read(file: &Path) -> Result<ClientPackage> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (version, platform, kind) = named(name).with_context(|| {
        format!(
            "{} is not called as packages of the client are: mist-desktop-0.2.0-x86_64-linux.tar.zst, or \
             mist-desktop_0.2.0_amd64.deb",
            file.display()
        )
    })?;
    let unreadable = || format!("can't read {}", file.display());
    let mut content = File::open(file).with_context(unreadable)?;
    let size = content.metadata().with_context(unreadable)?.len();
    ensure!(
        (1..=MAX_CLIENT_PACKAGE).contains(&size),
        "{} has {}; a package has at most {}",
        file.display(),
        bytes(size),
        bytes(MAX_CLIENT_PACKAGE)
    );
    let mut whole = Vec::new();
    content.read_to_end(&mut whole).with_context(unreadable)?;
    if kind == PackageKind::TarZst {
        says_so(&whole, version, &platform).with_context(|| format!("can't use {}", file.display()))?;
    }
    Ok(ClientPackage { platform, kind, version, size: whole.len() as u64, hash: Hash::of(&whole) })
}

/// What the name of a package says, as `scripts/package-desktop` and the bundlers make them.
fn named(name: &str) -> Option<(ClientVersion, Platform, PackageKind)> {
    let kind = PackageKind::ALL.into_iter().find(|kind| name.ends_with(&format!(".{}", kind.ending())))?;
    let stem = name.strip_suffix(kind.ending())?.strip_suffix('.')?;
    let (version, platform) = match stem.strip_prefix("mist-desktop-") {
        Some(rest) => rest.split_once('-')?,
        // As Debian has it.
        None => stem.strip_prefix("mist-desktop_")?.split_once('_')?,
    };
    let platform = match platform {
        "amd64" => "x86_64-linux",
        "arm64" => "aarch64-linux",
        other => other,
    };
    Some((version.parse().ok()?, platform.parse().ok()?, kind))
}

/// Whether the folder in a package says of itself what its name says: the client goes by the first.
fn says_so(packed: &[u8], version: ClientVersion, platform: &Platform) -> Result<()> {
    // The text stands between a header of tar and zeros.
    let said = format!("{version} {platform}\n");
    let mut tar = Vec::new();
    let most = 1024 * 1024 * 1024;
    zstd::Decoder::new(packed)?.take(most).read_to_end(&mut tar).context("it can't be unpacked")?;
    let blocks: Vec<&[u8]> = tar.chunks(512).collect();
    let release = blocks.windows(2).find(|pair| {
        let name = pair[0].split(|byte| *byte == 0).next().unwrap_or_default();
        name.ends_with(b"/share/mist/release")
    });
    let release =
        release.context("it has no share/mist/release, so that no client could update itself by it")?[1];
    ensure!(
        release.starts_with(said.as_bytes()) && release.get(said.len()) == Some(&0),
        "its share/mist/release does not say {:?}, as its name does",
        said.trim()
    );
    Ok(())
}

/// Sends the parts of a package.
async fn send(api: &Api, file: &Path, package: &ClientPackage) -> Result<()> {
    let unreadable = || format!("can't read {}", file.display());
    let mut content = File::open(file).with_context(unreadable)?;
    for number in 0.. {
        let mut part = Vec::new();
        content.by_ref().take(CLIENT_PART as u64).read_to_end(&mut part).with_context(unreadable)?;
        if part.is_empty() {
            break;
        }
        api.call(route::PutClientPart, &(package.hash, number), |call| {
            call.body(part.clone()).within(TRANSFER)
        })
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_package_is() {
        let said = |name: &str| named(name).map(|(v, p, k)| format!("{v} {p} {k}"));
        for (name, is) in [
            ("mist-desktop-0.2.0-x86_64-linux.tar.zst", "0.2.0 x86_64-linux tar.zst"),
            ("mist-desktop_0.2.0_amd64.deb", "0.2.0 x86_64-linux deb"),
            ("mist-desktop_0.2.0_arm64.deb", "0.2.0 aarch64-linux deb"),
            ("mist-desktop-0.2.0-x86_64-linux.AppImage", "0.2.0 x86_64-linux AppImage"),
            ("mist-desktop-1.10.0-x86_64-windows.exe", "1.10.0 x86_64-windows exe"),
            ("mist-desktop-0.2.0-aarch64-macos.dmg", "0.2.0 aarch64-macos dmg"),
        ] {
            assert_eq!(said(name).as_deref(), Some(is));
        }
        for bad in [
            "",
            "mist-desktop.tar.zst",
            "mist-0.2.0-x86_64-linux.tar.zst",
            "mist-desktop-0.2-x86_64-linux.deb",
            "mist-desktop-0.2.0-x86_64-linux.zip",
        ] {
            assert_eq!(said(bad), None, "{bad}");
        }
    }
}
