//! Who may sign builds beside whoever has the release key.

use anyhow::{Context, Result, ensure};
use mist_proto::{
    http::{Trust, route},
    ids::UserName,
    key::{ReleaseKey, ReleaseSecret},
    publishers::{Publisher, Publishers},
};
use mist_readable::{Align, Table};
use serde_json::json;

use crate::{
    api::Api,
    home::Home,
    release_key,
    show::{Screen, agreed},
};

/// What only the release key does here.
const SAYS: &str = "who may publish is said";

/// `publisher ls`.
pub(super) async fn list(api: &Api, screen: Screen) -> Result<()> {
    let trust = api.trust().await?;
    let list = trusted(&trust)?;
    if list.is_empty() {
        return screen.line("nobody but whoever has the release key signs builds");
    }
    let mut table = Table::new(&[("publisher", Align::Left), ("key", Align::Left), ("", Align::Left)]);
    for publisher in &list {
        let state = if publisher.may_publish { "may publish" } else { "may publish no more" };
        table.row([publisher.name.to_string(), publisher.key.fingerprint(), state.into()]);
        screen.record(&json!({
            "name": publisher.name,
            "public_key": publisher.key,
            "fingerprint": publisher.key.fingerprint(),
            "may_publish": publisher.may_publish,
        }))?;
    }
    screen.table(&table)
}

/// `publisher add NAME KEY`.
pub(super) async fn add(
    home: &Home,
    screen: Screen,
    name: UserName,
    key: ReleaseKey,
    yes: bool,
) -> Result<()> {
    let api = Api::open(home)?;
    let (trust, secret) = release_key::of_server(home, &api, SAYS).await?;
    let mut list = trusted(&trust)?;
    ensure!(secret.public() != key, "that is the release key itself, which publishes already");
    if list.iter().any(|p| p.key == key && p.may_publish) {
        return screen.line(&format!("{} may publish already", key.fingerprint()));
    }
    ensure!(
        !list.iter().any(|p| p.name == name && p.may_publish),
        "there is a publisher {name} already: choose another name, or `mistpipe publisher rm {name}` first"
    );
    let question = format!(
        "Let {name} sign builds with the key {}? What {name} publishes is installed by all your friends.",
        key.fingerprint()
    );
    agreed(yes, &question, "nothing was changed")?;
    list.retain(|p| p.key != key);
    list.push(Publisher { name: name.clone(), key, may_publish: true });
    send(&api, &trust, &secret, list).await?;
    screen.line(&format!("{name} may publish from now on, with the key {}", key.fingerprint()))?;
    screen.record(&json!({ "event": "publisher_added", "name": name, "fingerprint": key.fingerprint() }))
}

/// `publisher rm NAME`.
pub(super) async fn remove(home: &Home, screen: Screen, name: UserName) -> Result<()> {
    let api = Api::open(home)?;
    let (trust, secret) = release_key::of_server(home, &api, SAYS).await?;
    let mut list = trusted(&trust)?;
    let found = list.iter_mut().find(|p| p.name == name && p.may_publish);
    let found = found.with_context(|| format!("there is no publisher {name} who may publish"))?;
    found.may_publish = false;
    let fingerprint = found.key.fingerprint();
    send(&api, &trust, &secret, list).await?;
    screen.line(&format!(
        "{name} may publish no more; the builds that the key {fingerprint} signed can still be had"
    ))?;
    screen.record(&json!({ "event": "publisher_removed", "name": name, "fingerprint": fingerprint }))
}

/// Signs the list that the key before had signed anew, after a rotation. Does nothing where there is none, or it was done already.
pub(super) async fn carry_over(api: &Api, screen: Screen, home: &Home) -> Result<()> {
    let trust = api.trust().await?;
    let secret = release_key::require(home)?;
    let list = trusted(&trust)?;
    let is_due = trust.publishers().is_some_and(|shown| shown.signed_by() != secret.public());
    // The new key may have been a publisher's before.
    let list: Vec<Publisher> = list.into_iter().filter(|p| p.key != secret.public()).collect();
    if !is_due || list.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = list.iter().filter(|p| p.may_publish).map(|p| p.name.as_str()).collect();
    let said = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    send(api, &trust, &secret, list).await?;
    screen.note(&format!("the list of publishers is signed anew: {said} may publish beside this key"));
    Ok(())
}

/// The entries of the list that the server shows, if the release key or the one just before it has signed it.
fn trusted(trust: &Trust) -> Result<Vec<Publisher>> {
    let Some(shown) = trust.publishers() else {
        ensure!(
            trust.publishers.is_none(),
            "the server shows a list of publishers that is not signed as it should be"
        );
        return Ok(Vec::new());
    };
    let chain = release_key::chain(trust)?;
    ensure!(
        chain.iter().rev().take(2).any(|key| *key == shown.signed_by()),
        "the list of publishers that the server shows was signed by {}, which is neither the release key nor the one before it",
        shown.signed_by().fingerprint()
    );
    Ok(shown.list().to_vec())
}

async fn send(api: &Api, trust: &Trust, secret: &ReleaseSecret, list: Vec<Publisher>) -> Result<()> {
    let serial = trust
        .publishers()
        .map_or(0, |shown| shown.serial())
        .checked_add(1)
        .context("the list has no next number")?;
    let signed = Publishers::sign(secret, serial, list).context("the list of publishers")?.encode();
    api.call(route::SetPublishers, &(), |call| call.body(signed.clone())).await?;
    Ok(())
}
