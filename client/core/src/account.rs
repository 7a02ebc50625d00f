//! A signed-in account: requests with a session that renews itself.

use std::{path::PathBuf, time::Duration};

use mist_api_client::{Answer, ApiClient, Call, CallError, ServerAddress};
use mist_proto::{
    BlobId, Hash, Slug, UnixMillis,
    http::{
        Announce, Announced, BuildList, DenyList, Device, GameList, Jump, JumpRequest, Login, NewDevice,
        PatchRequest, RefreshRequest, SeedAccess, Session, Sources, SourcesRequest, TicketList,
        TicketsRequest, TransferReport, Trust,
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
    home::FileLock,
    session::{StoredSession, Vault},
};

/// How long sending a signature may take: 16 MiB at 56 kB/s.
const SIGNATURE_TIME: Duration = Duration::from_secs(300);
/// What the client calls itself.
const PROGRAM: &str = concat!("mist/", env!("CARGO_PKG_VERSION"));

/// The requests that an account makes at its tracker.
pub(crate) struct Account {
    api: ApiClient,
    vault: Vault,
    /// Held while the refresh token is being used: it works once, and using it twice ends the session.
    refresh_lock: PathBuf,
    session: Mutex<Option<StoredSession>>,
}

impl Account {
    pub(crate) fn open(server: ServerAddress, vault: Vault, refresh_lock: PathBuf) -> Result<Self, Error> {
        let session = Mutex::new(vault.load()?);
        Ok(Self { api: ApiClient::new(server, PROGRAM)?, vault, refresh_lock, session })
    }

    /// The server.
    pub(crate) fn server(&self) -> &ServerAddress {
        self.api.server()
    }

    /// Name and id of the account, if it is signed in.
    pub(crate) async fn who(&self) -> Option<(UserName, String)> {
        self.session.lock().await.as_ref().map(|s| (s.user.clone(), s.account.clone()))
    }

    /// Signs in. Returns a warning if the session could not be kept where the settings say.
    pub(crate) async fn login(&self, login: &Login) -> Result<Option<String>, Error> {
        let answer = self.api.call(Method::POST, "auth/login").json(login).send().await;
        let answer = answer.map_err(|e| if e.is_unauthorized() { Error::WrongPassword } else { e.into() })?;
        let session = StoredSession::new(&answer.json::<Session>().await?, now());
        let warning = self.vault.save(&session)?;
        *self.session.lock().await = Some(session);
        Ok(warning)
    }

    /// Signs out here, and at the tracker if it can be reached.
    pub(crate) async fn logout(&self) -> Result<(), Error> {
        if let Some(session) = self.session.lock().await.take() {
            let request = RefreshRequest { refresh_token: session.tokens.refresh };
            let told = self.api.call(Method::POST, "auth/logout").json(&request).send().await;
            if let Err(error) = told {
                tracing::warn!(%error, "the server was not told about the sign-out; the session there will expire");
            }
        }
        Ok(self.vault.forget()?)
    }

    /// Keys that the server shows; needs no session.
    pub(crate) async fn trust(&self) -> Result<Trust, CallError> {
        self.api.call(Method::GET, "trust").send().await?.json().await
    }

    pub(crate) async fn bind_device(&self, peer: &PeerName, name: &str) -> Result<(), Error> {
        let body = NewDevice { name: name.to_owned() };
        let _: Option<Device> = self.send(Method::PUT, &format!("devices/{peer}"), &body).await?;
        Ok(())
    }

    pub(crate) async fn games(&self) -> Result<GameList, Error> {
        self.get("games").await
    }

    pub(crate) async fn builds(&self, game: &Slug) -> Result<BuildList, Error> {
        self.get(&format!("games/{game}/builds")).await
    }

    /// The envelope with this address; anything else is refused.
    pub(crate) async fn manifest(&self, envelope: BlobId) -> Result<Vec<u8>, Error> {
        let path = format!("manifests/{}", envelope.hash);
        let answer = self.ask(|| self.api.call(Method::GET, &path)).await?;
        let bytes = answer.bytes(limits::MAX_ENVELOPE).await?;
        if Hash::of(&bytes) != envelope.hash {
            let server = self.server().to_string();
            return Err(CallError::Malformed { server, path, why: "it has another hash".into() }.into());
        }
        Ok(bytes)
    }

    pub(crate) async fn ask_for_jump(&self, game: &Slug, request: &JumpRequest) -> Result<Jump, Error> {
        self.send(Method::POST, &format!("games/{game}/jumps"), request).await
    }

    /// Sends a signature to where the tracker wants it, and has the seed begin.
    pub(crate) async fn start_jump(
        &self,
        jump: &str,
        upload: &SeedAccess,
        signature: Vec<u8>,
    ) -> Result<Jump, Error> {
        let url = self.server().resolve(&upload.base)?;
        let put = self.api.call_url(Method::PUT, url).query(&[("cap", &upload.cap)]).body(signature);
        put.within(SIGNATURE_TIME).send().await?;
        self.send(Method::POST, &format!("jumps/{jump}/start"), &()).await
    }

    pub(crate) async fn jump(&self, id: &str) -> Result<Jump, Error> {
        self.get(&format!("jumps/{id}")).await
    }

    pub(crate) async fn wish_for_patch(&self, game: &Slug, wish: &PatchRequest) -> Result<(), Error> {
        self.send(Method::POST, &format!("games/{game}/patches"), wish).await
    }

    pub(crate) async fn tickets(&self, peer: &PeerName) -> Result<TicketList, Error> {
        self.send(Method::POST, "swarm/tickets", &TicketsRequest { peer: peer.clone() }).await
    }

    pub(crate) async fn deny_list(&self) -> Result<DenyList, Error> {
        self.get("swarm/deny").await
    }

    pub(crate) async fn sources(&self, request: &SourcesRequest) -> Result<Sources, Error> {
        self.send(Method::POST, "swarm/sources", request).await
    }

    pub(crate) async fn announce(&self, body: &Announce) -> Result<Announced, Error> {
        self.send(Method::POST, "swarm/announce", body).await
    }

    pub(crate) async fn report(&self, report: &TransferReport) -> Result<(), Error> {
        let _: serde::de::IgnoredAny = self.send(Method::POST, "swarm/reports", report).await?;
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        Ok(self.ask(|| self.api.call(Method::GET, path)).await?.json().await?)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        Ok(self.ask(|| self.api.call(method.clone(), path).json(body)).await?.json().await?)
    }

    /// One call with the access token, renewed and repeated once if the tracker no longer takes it.
    async fn ask(&self, call: impl Fn() -> Call) -> Result<Answer, Error> {
        match call().bearer(&self.token().await?).send().await {
            Err(e) if e.is_unauthorized() => Ok(call().bearer(&self.renew().await?).send().await?),
            answer => Ok(answer?),
        }
    }

    async fn token(&self) -> Result<String, Error> {
        {
            let session = self.session.lock().await;
            let session = session.as_ref().ok_or(Error::NotSignedIn)?;
            if session.tokens.is_fresh(now()) {
                return Ok(session.tokens.access.clone());
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
        if stored.tokens.access != ours.tokens.access && stored.tokens.is_fresh(now()) {
            let token = stored.tokens.access.clone();
            *held = Some(stored);
            return Ok(token);
        }
        let request = RefreshRequest { refresh_token: stored.tokens.refresh.clone() };
        let asked: UnixMillis = now();
        let answer = self.api.call(Method::POST, "auth/refresh").json(&request).send().await;
        let answer = answer.map_err(|e| match e {
            e if e.is_unauthorized() => {
                Error::SessionEnded { server: self.server().to_string(), user: stored.user.to_string() }
            }
            e => e.into(),
        })?;
        let session = StoredSession::new(&answer.json::<Session>().await?, asked);
        if let Some(warning) = self.vault.save(&session)? {
            tracing::warn!("{warning}");
        }
        let token = session.tokens.access.clone();
        *held = Some(session);
        Ok(token)
    }
}
