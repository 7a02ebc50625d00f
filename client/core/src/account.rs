//! A signed-in account: requests with a session that renews itself.

use std::path::PathBuf;

use mist_proto::{
    BlobId, Hash, Slug, UnixMillis,
    http::{
        Announce, Announced, BuildList, DenyList, Device, GameList, Login, NewDevice, RefreshRequest,
        Session, Sources, SourcesRequest, TicketList, TicketsRequest, TransferReport, Trust,
    },
    ids::{PeerName, UserName},
    limits,
};
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Mutex;

use crate::{
    clock::now,
    error::Error,
    home::{FileLock, HomeError},
    session::{StoredSession, Vault},
    tracker::{Tracker, TrackerError},
};

/// Bytes of an envelope around a manifest.
const ENVELOPE_OVERHEAD: usize = 8 + 32 + 64;

/// The requests that an account makes at its tracker.
pub(crate) struct Account {
    tracker: Tracker,
    vault: Vault,
    /// Held while the refresh token is being used: it works once, and using it twice ends the session.
    refresh_lock: PathBuf,
    session: Mutex<Option<StoredSession>>,
}

impl Account {
    pub(crate) fn open(tracker: Tracker, vault: Vault, refresh_lock: PathBuf) -> Result<Self, HomeError> {
        let session = Mutex::new(vault.load()?);
        Ok(Self { tracker, vault, refresh_lock, session })
    }

    /// The server.
    pub(crate) fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Name and id of the account, if it is signed in.
    pub(crate) async fn who(&self) -> Option<(UserName, String)> {
        self.session.lock().await.as_ref().map(|s| (s.user.clone(), s.account.clone()))
    }

    /// Signs in. Returns a warning if the session could not be kept where the settings say.
    pub(crate) async fn login(&self, login: &Login) -> Result<Option<String>, Error> {
        let answer = self.tracker.call::<Session>(Method::POST, "/auth/login", None, Some(login)).await;
        let answer = answer.map_err(|e| if e.is_unauthorized() { Error::WrongPassword } else { e.into() })?;
        let session = StoredSession::new(answer, now());
        let warning = self.vault.save(&session)?;
        *self.session.lock().await = Some(session);
        Ok(warning)
    }

    /// Signs out here, and at the tracker if it can be reached.
    pub(crate) async fn logout(&self) -> Result<(), Error> {
        if let Some(session) = self.session.lock().await.take() {
            let request = RefreshRequest { refresh_token: session.refresh_token };
            let told: Result<(), _> = self
                .tracker
                .call(Method::POST, "/auth/logout", Some(&session.access_token), Some(&request))
                .await;
            if let Err(error) = told {
                tracing::warn!(%error, "the server was not told about the sign-out; the session there will expire");
            }
        }
        Ok(self.vault.forget()?)
    }

    /// Keys that the server shows; needs no session.
    pub(crate) async fn trust(&self) -> Result<Trust, TrackerError> {
        self.tracker.call(Method::GET, "/trust", None, None::<&()>).await
    }

    pub(crate) async fn bind_device(&self, peer: &PeerName, name: &str) -> Result<(), Error> {
        let body = NewDevice { name: name.to_owned() };
        let _: Option<Device> = self.call(Method::PUT, &format!("/devices/{peer}"), Some(&body)).await?;
        Ok(())
    }

    pub(crate) async fn games(&self) -> Result<GameList, Error> {
        self.call(Method::GET, "/games", None::<&()>).await
    }

    pub(crate) async fn builds(&self, game: &Slug) -> Result<BuildList, Error> {
        self.call(Method::GET, &format!("/games/{game}/builds"), None::<&()>).await
    }

    /// The envelope with this address; anything else is refused.
    pub(crate) async fn manifest(&self, envelope: BlobId) -> Result<Vec<u8>, Error> {
        let path = format!("/manifests/{}", envelope.hash);
        let max = limits::MAX_MANIFEST + ENVELOPE_OVERHEAD;
        let bytes = match self.tracker.bytes(&path, &self.token().await?, max).await {
            Err(e) if e.is_unauthorized() => self.tracker.bytes(&path, &self.renew().await?, max).await?,
            other => other?,
        };
        if Hash::of(&bytes) != envelope.hash {
            return Err(TrackerError::Malformed { path, why: "it has another hash".into() }.into());
        }
        Ok(bytes)
    }

    pub(crate) async fn tickets(&self, peer: &PeerName) -> Result<TicketList, Error> {
        self.call(Method::POST, "/swarm/tickets", Some(&TicketsRequest { peer: peer.clone() })).await
    }

    pub(crate) async fn deny_list(&self) -> Result<DenyList, Error> {
        self.call(Method::GET, "/swarm/deny", None::<&()>).await
    }

    pub(crate) async fn sources(&self, request: &SourcesRequest) -> Result<Sources, Error> {
        self.call(Method::POST, "/swarm/sources", Some(request)).await
    }

    pub(crate) async fn announce(&self, body: &Announce) -> Result<Announced, Error> {
        self.call(Method::POST, "/swarm/announce", Some(body)).await
    }

    pub(crate) async fn report(&self, report: &TransferReport) -> Result<(), Error> {
        let _: serde::de::IgnoredAny = self.call(Method::POST, "/swarm/reports", Some(report)).await?;
        Ok(())
    }

    /// One request with the access token, renewed and repeated once if the tracker no longer takes it.
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Error> {
        let token = self.token().await?;
        match self.tracker.call(method.clone(), path, Some(&token), body).await {
            Err(e) if e.is_unauthorized() => {
                let token = self.renew().await?;
                Ok(self.tracker.call(method, path, Some(&token), body).await?)
            }
            other => Ok(other?),
        }
    }

    async fn token(&self) -> Result<String, Error> {
        {
            let session = self.session.lock().await;
            let session = session.as_ref().ok_or(Error::NotSignedIn)?;
            if session.is_fresh(now()) {
                return Ok(session.access_token.clone());
            }
        }
        self.renew().await
    }

    /// A new access token: another process's, if one has renewed meanwhile.
    async fn renew(&self) -> Result<String, Error> {
        let mut held = self.session.lock().await;
        let ours = held.clone().ok_or(Error::NotSignedIn)?;
        let path = self.refresh_lock.clone();
        let lock = tokio::task::spawn_blocking(move || FileLock::take(&path)).await;
        let _lock = lock.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        let stored = self.vault.load()?.ok_or(Error::NotSignedIn)?;
        if stored.access_token != ours.access_token && stored.is_fresh(now()) {
            let token = stored.access_token.clone();
            *held = Some(stored);
            return Ok(token);
        }
        let request = RefreshRequest { refresh_token: stored.refresh_token.clone() };
        let asked: UnixMillis = now();
        let answer = self.tracker.call::<Session>(Method::POST, "/auth/refresh", None, Some(&request)).await;
        let answer = answer.map_err(|e| match e {
            e if e.is_unauthorized() => Error::SessionEnded {
                server: self.tracker.address().to_owned(),
                user: stored.user.to_string(),
            },
            e => e.into(),
        })?;
        let session = StoredSession::new(answer, asked);
        if let Some(warning) = self.vault.save(&session)? {
            tracing::warn!("{warning}");
        }
        let token = session.access_token.clone();
        *held = Some(session);
        Ok(token)
    }
}
