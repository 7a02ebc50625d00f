//! Signing in and out, and keeping what is known of the server fresh.

use std::sync::{Arc, atomic::Ordering};

use mist_api_client::ServerAddress;
use mist_peer::Identity;
use mist_proto::{
    http::{LinkKeys, Login, Trust},
    ids::{PeerName, UserName},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    Engine,
    server::{Server, account, identity, identity_file},
};
use crate::{
    account::{Account, Unproven, proves, trust_of, trusted_by_link},
    clock::now,
    error::Error,
    home::{Home, HomeError, ServerId, remove_file, write_file},
    library::Library,
    reports,
    stop::StopReason,
    trust::{KnownServer, Pins, TrustError, tracker_fingerprint},
};

/// What signing in takes.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct Credentials {
    /// Address of the server.
    pub url: String,
    /// Account.
    #[ts(type = "string")]
    pub user: UserName,
    /// Password.
    pub password: String,
    /// Name of this device for people.
    pub device: String,
    /// Forget the keys that were trusted before. For a server that was really set up anew.
    pub trust_new_server: bool,
    /// The keys that the server has to show, if a link named them.
    #[serde(default)]
    #[ts(skip)]
    pub keys: Option<LinkKeys>,
    /// Code of the second factor, if one is needed.
    #[serde(default)]
    pub code: Option<String>,
}

/// What signing in led to.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SignedIn {
    /// Address of the server.
    pub server: String,
    /// Account.
    #[ts(type = "string")]
    pub user: UserName,
    /// This device.
    #[ts(type = "string")]
    pub peer: PeerName,
    /// Fingerprint of the server's key.
    pub tracker_key: String,
    /// Fingerprint of the key that signs builds, if anything was pushed yet.
    pub release_key: Option<String>,
    /// Whether these keys were seen for the first time, and are trusted from now on.
    pub first_time: bool,
    /// Where the server was before, if its keys are the known ones at another address.
    #[serde(default)]
    pub moved_from: Option<String>,
    /// Games that the account may see.
    pub games: usize,
}

/// How fresh the catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Refreshed {
    /// Whether the server answered.
    pub online: bool,
    /// Milliseconds since the catalogue was fetched.
    pub age_millis: Option<i64>,
}

/// What is known of a server that shows its keys at an address.
struct Meeting {
    id: ServerId,
    pins: Pins,
    /// What was known of it before.
    before: Option<KnownServer>,
    /// Other servers that were known at this address, which it takes the place of.
    replaces: Vec<ServerId>,
}

impl Meeting {
    /// Compares the keys that `url` shows with what is known. With `anew` nothing is compared: a friend said so.
    fn judge(home: &Home, url: &ServerAddress, shown: &Trust, anew: bool) -> Result<Self, Error> {
        let id = ServerId::of(shown.tracker_key);
        let known = KnownServer::all(home)?;
        let before = known.iter().find(|(known, _)| *known == id).map(|(_, k)| k.clone());
        let here: Vec<_> = known.iter().filter(|(_, k)| k.is_at(url) && !k.replaced).collect();
        if anew {
            let replaces =
                here.into_iter().map(|(other, _)| other.clone()).filter(|other| *other != id).collect();
            return Ok(Self { id, pins: Pins::at_first_sight(shown), before: None, replaces });
        }
        if let Some((_, other)) = here.first()
            && here.iter().all(|(known, _)| *known != id)
        {
            let found = tracker_fingerprint(shown.tracker_key);
            let pinned = tracker_fingerprint(other.pins.tracker);
            return Err(TrustError::TrackerKey { found, pinned }.into());
        }
        let pins = match &before {
            Some(known) if known.replaced => return Err(replaced(known, shown).into()),
            Some(known) => known.pins.follow(shown)?,
            None => Pins::at_first_sight(shown),
        };
        Ok(Self { id, pins, before, replaces: Vec::new() })
    }
}

/// A friend trusted another server in this one's place: its keys count for nothing until they say so again.
fn replaced(known: &KnownServer, shown: &Trust) -> TrustError {
    TrustError::TrackerKey {
        found: tracker_fingerprint(shown.tracker_key),
        pinned: format!("the key of the server that took its place at {}", known.url),
    }
}

impl Engine {
    /// Signs in, pins the server's keys, and fetches the catalogue. What runs for another server or account stops first
    /// and waits; the node starts anew.
    ///
    /// # Errors
    /// [`Error::Trust`] if the server shows other keys than before; otherwise if it refuses or can't be reached.
    pub async fn login(&self, credentials: Credentials) -> Result<SignedIn, Error> {
        let _one_at_a_time = self.0.session.lock().await;
        let url: ServerAddress = credentials.url.parse()?;
        let shown = match credentials.keys {
            Some(keys) => trusted_by_link(&url, keys).await?,
            None => trust_of(&url).await?,
        };
        let meeting = Meeting::judge(&self.0.home, &url, &shown, credentials.trust_new_server)?;
        if let Some(before) = meeting.before.as_ref().filter(|before| !before.is_at(&url)) {
            // Anybody can copy a public key; only the server can sign with it.
            let key = before.pins.tracker;
            let unproven = |Unproven(reason)| TrustError::Unproven { url: url.to_string(), reason };
            proves(&url, key).await.map_err(unproven)?;
        }
        let account = account(&self.0.home, url.clone(), &meeting.id, self.settings().secrets)?;
        if url.is_exposed() {
            self.0.events.warn(format!("{url} is not encrypted: your password can be read on the way"));
        }
        let Credentials { user, password, device, code, .. } = credentials;
        let login = Login { user: user.clone(), password, device: Some(device.as_str().into()), code };
        self.between_operations(StopReason::Shutdown, async {
            if let Some(warning) = account.login(&login).await? {
                self.0.events.warn(warning);
            }
            self.leave_swarm().await;
            self.keep(&meeting, &url)?;
            if let Some(news) = meeting.before.as_ref().and_then(|b| meeting.pins.news_since(&b.pins)) {
                self.0.events.warn(news);
            }
            self.bind_device(&account, &meeting.id, &user, &device).await?;
            let server = Server::current(&self.0.home, self.settings().secrets)?.map(Arc::new);
            *self.0.server.lock().await = server;
            Ok::<_, Error>(())
        })
        .await?;
        self.refresh().await?;
        self.0.signed_in.notify_one();
        let server = self.server().await?;
        let release_key = server.pins.lock().await.release.map(|k| k.fingerprint());
        let peer = server.identity.peer_name().clone();
        Ok(SignedIn {
            server: url.to_string(),
            user,
            peer,
            tracker_key: tracker_fingerprint(meeting.pins.tracker),
            release_key,
            first_time: meeting.before.is_none(),
            moved_from: meeting.before.filter(|b| b.url != url).map(|b| b.url.to_string()),
            games: server.catalogue.games()?.map_or(0, |l| l.games.len()),
        })
    }

    /// Tells the server that this device is the account's. A device belongs to one account: where another one has it, this
    /// account gets an identity of its own.
    async fn bind_device(
        &self,
        account: &Account,
        id: &ServerId,
        user: &UserName,
        device: &str,
    ) -> Result<(), Error> {
        let known = identity(&self.0.home, id, Some(user))?;
        match account.bind_device(known.peer_name(), device).await {
            Err(error) if error.code() == "peer_taken" => {
                let own = identity_file(&self.0.home, id, user);
                if let Some(folder) = own.parent() {
                    std::fs::create_dir_all(folder).map_err(HomeError::at(folder))?;
                }
                let own = Identity::load_or_create(&own)?;
                account.bind_device(own.peer_name(), device).await
            }
            bound => bound,
        }
    }

    /// Keeps what is known of a server that was signed in at just now.
    fn keep(&self, meeting: &Meeting, url: &ServerAddress) -> Result<(), Error> {
        let home = &self.0.home;
        for other in &meeting.replaces {
            if let Some(mut known) = KnownServer::load(home, other)? {
                known.replaced = true;
                known.save(home, other)?;
            }
        }
        let also = meeting.before.as_ref().map(|before| before.others(url)).unwrap_or_default();
        let known = KnownServer { url: url.clone(), also, pins: meeting.pins.clone(), replaced: false };
        known.save(home, &meeting.id)?;
        // Games of the server that was replaced are this one's from now on.
        Library::change(home, |library| {
            for entry in library.games.values_mut() {
                if meeting.replaces.iter().any(|other| other.as_str() == entry.server) {
                    entry.server = meeting.id.to_string();
                }
            }
        })?;
        Ok(write_file(&home.current(), meeting.id.as_str().as_bytes(), false)?)
    }

    /// A session that the keyring did not give when the engine began counts from when it does.
    pub(super) async fn look_for_session(&self) -> Result<(), Error> {
        let _one_at_a_time = self.0.session.lock().await;
        let is_awaited =
            self.0.server.lock().await.as_ref().is_some_and(|server| server.account.who().is_none());
        if !is_awaited {
            return Ok(());
        }
        let found = Server::current(&self.0.home, self.settings().secrets)?;
        if let Some(found) = found.filter(|server| server.account.who().is_some()) {
            self.leave_swarm().await;
            *self.0.server.lock().await = Some(Arc::new(found));
        }
        Ok(())
    }

    /// Signs out. Installed games stay and can be played; what was under way is paused.
    ///
    /// # Errors
    /// If nobody is signed in, or the session can't be removed.
    pub async fn logout(&self) -> Result<(), Error> {
        let _one_at_a_time = self.0.session.lock().await;
        let server = self.server().await?;
        self.between_operations(StopReason::Pause, async {
            self.leave_swarm().await;
            server.account.logout().await?;
            remove_file(&self.0.home.server(&server.id).join("tickets.json"))?;
            *self.0.server.lock().await = None;
            Ok::<_, Error>(remove_file(&self.0.home.current())?)
        })
        .await?;
        self.show().await;
        Ok(())
    }

    /// Fetches catalogue, manifests and tickets anew. That the server is away is no error: what is cached goes on working.
    ///
    /// # Errors
    /// If nobody is signed in, the session has ended, or the server's keys are not the trusted ones.
    pub async fn refresh(&self) -> Result<Refreshed, Error> {
        let server = self.server().await?;
        let refreshed = self.refresh_from(&server).await;
        let online = match refreshed {
            Ok(()) => true,
            Err(Error::Tracker(error)) if error.is_outage() => {
                self.0.events.warn(format!("{error}; going on with what is known"));
                false
            }
            // What is new can't be kept; what is known goes on working.
            Err(Error::Home(error)) if error.is_full() => {
                self.0.events.warn(format!("{error}; going on with what is known"));
                true
            }
            Err(error) => return Err(error),
        };
        self.0.online.store(online, Ordering::SeqCst);
        self.show().await;
        Ok(Refreshed { online, age_millis: server.catalogue.age(now())? })
    }

    async fn refresh_from(&self, server: &Server) -> Result<(), Error> {
        let shown = server.account.trust().await?;
        let pins = {
            let mut pins = server.pins.lock().await;
            let followed = pins.follow(&shown)?;
            if followed != *pins {
                let url = server.account.server().clone();
                let known = KnownServer::load(&self.0.home, &server.id)?;
                let also = known.map(|known| known.others(&url)).unwrap_or_default();
                KnownServer { url, also, pins: followed.clone(), replaced: false }
                    .save(&self.0.home, &server.id)?;
                if let Some(news) = followed.news_since(&pins) {
                    self.0.events.warn(news);
                }
                *pins = followed.clone();
            }
            followed
        };
        let tickets = server.account.tickets(server.identity.peer_name()).await?;
        server.catalogue.keep_tickets(&tickets.tickets)?;
        server.admission.set_tickets(tickets.tickets);
        if server.catalogue.refresh(&server.account, &pins).await? {
            self.prune_covers(server)?;
            self.0.feed.catalogue_changed();
        }
        reports::flush(&self.0.home, server.id.as_str(), &server.account).await
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::claims::TrackerSecret;

    use super::*;

    fn shows(n: u8) -> Trust {
        let tracker_key = TrackerSecret::from_seed(&[n; 32]).public();
        Trust { tracker_key, release_key: None, rotations: vec![], publishers: None, server: "test".into() }
    }

    fn know(home: &Home, url: &str, n: u8) -> ServerId {
        let shown = shows(n);
        let id = ServerId::of(shown.tracker_key);
        let url = url.parse().expect("url");
        KnownServer { url, also: vec![], pins: Pins::at_first_sight(&shown), replaced: false }
            .save(home, &id)
            .expect("saved");
        id
    }

    #[test]
    fn a_server_is_its_key_wherever_it_is() {
        let dir = tempfile::tempdir().expect("dir");
        let home = Home::open(dir.path()).expect("home");
        let here: ServerAddress = "http://10.0.0.1:8080".parse().expect("url");
        let judge = |url: &ServerAddress, n, anew| Meeting::judge(&home, url, &shows(n), anew);

        assert!(judge(&here, 1, false).expect("first sight").before.is_none());
        let first = know(&home, "http://10.0.0.1:8080", 1);
        assert!(judge(&here, 1, false).expect("known").before.is_some());
        let moved: ServerAddress = "https://mist.example.org".parse().expect("url");
        let met = judge(&moved, 1, false).expect("the same key elsewhere");
        assert_eq!((met.id, met.before.map(|b| b.url)), (first.clone(), Some(here.clone())));

        assert!(matches!(judge(&here, 2, false), Err(Error::Trust(TrustError::TrackerKey { .. }))));
        let anew = judge(&here, 2, true).expect("a friend said so");
        assert_eq!(anew.replaces, std::slice::from_ref(&first));

        // The new server took the first one's place, which is not believed any more.
        know(&home, "http://10.0.0.1:8080", 2);
        let mut known = KnownServer::load(&home, &first).expect("read").expect("known");
        known.replaced = true;
        known.save(&home, &first).expect("saved");
        assert!(judge(&here, 2, false).is_ok());
        assert!(matches!(judge(&here, 1, false), Err(Error::Trust(_))));
        assert!(matches!(judge(&moved, 1, false), Err(Error::Trust(_))));
    }
}
