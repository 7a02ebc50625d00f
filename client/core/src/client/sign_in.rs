//! Signing in and out, and keeping what is known of the server fresh.

use mist_api_client::ServerAddress;
use mist_proto::{
    http::Login,
    ids::{PeerName, UserName},
};
use serde::Serialize;

use super::{Client, Member};
use crate::{
    clock::now,
    error::Error,
    home::{remove_file, server_key, write_file},
    reports,
    trust::{KnownServer, Pins, tracker_fingerprint},
};

/// What signing in takes.
pub struct Credentials {
    /// Address of the server.
    pub url: String,
    /// Account.
    pub user: UserName,
    /// Password.
    pub password: String,
    /// Name of this device for people.
    pub device: String,
    /// Forget the keys that were trusted before. For a server that was really set up anew.
    pub trust_new_server: bool,
}

/// What signing in led to.
#[derive(Debug, Clone, Serialize)]
pub struct SignedIn {
    /// Address of the server.
    pub server: String,
    /// Account.
    pub user: UserName,
    /// This device.
    pub peer: PeerName,
    /// Fingerprint of the server's key.
    pub tracker_key: String,
    /// Fingerprint of the key that signs builds, if anything was pushed yet.
    pub release_key: Option<String>,
    /// Whether these keys were seen for the first time, and are trusted from now on.
    pub first_time: bool,
    /// Games that the account may see.
    pub games: usize,
}

/// How fresh the catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Refreshed {
    /// Whether the server answered.
    pub online: bool,
    /// Milliseconds since the catalogue was fetched.
    pub age_millis: Option<i64>,
}

impl Client {
    /// Signs in, pins the server's keys, and fetches the catalogue.
    ///
    /// # Errors
    /// [`Error::Trust`] if the server shows other keys than before; otherwise if it refuses or can't be reached.
    pub async fn login(&self, credentials: Credentials) -> Result<SignedIn, Error> {
        let server: ServerAddress = credentials.url.parse()?;
        let key = server_key(&server);
        let account = self.account(server.clone(), &key)?;
        let shown = account.trust().await?;
        let before =
            KnownServer::load(&self.home, &key)?.filter(|_| !credentials.trust_new_server).map(|f| f.pins);
        let pins = match &before {
            Some(pins) => pins.follow(&shown)?,
            None => Pins::at_first_sight(&shown),
        };
        if server.is_exposed() {
            self.events.warn(format!("{server} is not encrypted: your password can be read on the way"));
        }
        let Credentials { user, password, device, .. } = credentials;
        let login = Login { user: user.clone(), password, device: Some(device.clone()) };
        if let Some(warning) = account.login(&login).await? {
            self.events.warn(warning);
        }
        let known = KnownServer { url: server.clone(), pins: pins.clone() };
        known.save(&self.home, &key)?;
        write_file(&self.home.current(), key.as_bytes(), false)?;
        let peer = self.identity.peer_name().clone();
        account.bind_device(&peer, &device).await?;
        *self.member.lock().await = None;
        self.refresh().await?;
        let member = self.member().await?;
        let release_key = member.pins.lock().await.release.map(|k| k.fingerprint());
        Ok(SignedIn {
            server: server.to_string(),
            user,
            peer,
            tracker_key: tracker_fingerprint(pins.tracker),
            release_key,
            first_time: before.is_none(),
            games: member.catalogue.games()?.map_or(0, |l| l.games.len()),
        })
    }

    /// Signs out. Installed games stay and can be played.
    ///
    /// # Errors
    /// If nobody is signed in, or the session can't be removed.
    pub async fn logout(&self) -> Result<(), Error> {
        let member = self.member().await?;
        member.account.logout().await?;
        remove_file(&self.home.server(&member.key).join("tickets.json"))?;
        *self.member.lock().await = None;
        Ok(remove_file(&self.home.current())?)
    }

    /// Fetches catalogue, manifests and tickets anew. That the server is away is no error: what is cached goes on working.
    ///
    /// # Errors
    /// If nobody is signed in, the session has ended, or the server's keys are not the trusted ones.
    pub async fn refresh(&self) -> Result<Refreshed, Error> {
        let member = self.member().await?;
        let online = match self.refresh_from(&member).await {
            Ok(()) => true,
            Err(Error::Tracker(error)) if error.is_outage() => {
                self.events.warn(format!("{error}; going on with what is known"));
                false
            }
            Err(error) => return Err(error),
        };
        Ok(Refreshed { online, age_millis: member.catalogue.age(now())? })
    }

    async fn refresh_from(&self, member: &Member) -> Result<(), Error> {
        let shown = member.account.trust().await?;
        let pins = {
            let mut pins = member.pins.lock().await;
            let followed = pins.follow(&shown)?;
            if followed != *pins {
                let url = member.account.server().clone();
                KnownServer { url, pins: followed.clone() }.save(&self.home, &member.key)?;
                *pins = followed.clone();
            }
            followed
        };
        let tickets = member.account.tickets(self.identity.peer_name()).await?;
        member.catalogue.keep_tickets(&tickets.tickets)?;
        member.admission.set_tickets(tickets.tickets);
        member.catalogue.refresh(&member.account, &pins).await?;
        reports::flush(&self.home, &member.key, &member.account).await
    }
}
