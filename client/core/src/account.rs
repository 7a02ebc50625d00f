//! A signed-in account: requests with a session that renews itself.

use std::{path::PathBuf, sync::Mutex, time::Duration};

use mist_api_client::{ApiClient, CallError, EventStream, ServerAddress, SignedIn, TokenStore, Tokens};
use mist_proto::{
    BlobId, Hash, Slug, UnixMillis,
    claims::TrackerKey,
    http::{
        Announce, Announced, Catalogue, CatalogueEntry, CatalogueQuery, ChangePassword, CoverQuery, DenyList,
        Invitation, InviteCode, Join, Joined, Jump, JumpRequest, LinkKeys, Login, NewDevice, PatchRequest,
        ProveAddress, RefreshRequest, SeedAccess, Session, ShowInvite, Sources, SourcesRequest, TicketList,
        TicketsRequest, TransferReport, Trust, route,
    },
    ids::{PeerName, UserName},
    limits,
};
use reqwest::{Method, Url};

use crate::{
    clock::now,
    covers::{CoverId, MAX_COVER},
    error::Error,
    home::FileLock,
    session::{StoredSession, Vault},
    sync::lock,
    trust::{Pins, TrustError},
};

/// How long sending a folder signature may take: 16 MiB at 56 kB/s.
const SIGNATURE_TIME: Duration = Duration::from_secs(300);
/// What the client calls itself.
pub(crate) const PROGRAM: &str = concat!("mist/", env!("CARGO_PKG_VERSION"));

/// Keys that the server at `address` shows; needs no account.
pub(crate) async fn trust_of(address: &ServerAddress) -> Result<Trust, CallError> {
    ApiClient::new(address.clone(), PROGRAM)?.to(route::GetTrust, &()).read().await
}

/// Has the server at `address` prove that it holds `key` and is at that address; nothing secret is sent before.
pub(crate) async fn proves(address: &ServerAddress, key: TrackerKey) -> Result<(), Unproven> {
    let challenge: [u8; 32] = rand::random();
    let shown = address.to_string();
    let body = ProveAddress { challenge: Hash(challenge).to_string(), address: shown.clone() };
    let api = ApiClient::new(address.clone(), PROGRAM).map_err(|e| Unproven(e.to_string()))?;
    let answer =
        api.to(route::ProveAddress, &()).json(&body).read().await.map_err(|e| Unproven(e.to_string()))?;
    match key.has_proved(&challenge, &shown, &answer.signature) {
        true => Ok(()),
        false => Err(Unproven("its signature is not that of the key".into())),
    }
}

/// Keys that the server at `address` shows, once it has proved to be the one of a link. Nothing secret is sent before.
pub(crate) async fn trusted_by_link(address: &ServerAddress, keys: LinkKeys) -> Result<Trust, Error> {
    let shown = trust_of(address).await?;
    let url = address.to_string();
    Pins::are_of_link(keys, &shown, &url)?;
    let unproven = |Unproven(reason)| TrustError::Unproven { url, reason };
    proves(address, keys.tracker).await.map_err(unproven)?;
    Ok(shown)
}

/// What the code of an invite is good for.
pub(crate) async fn invitation(address: &ServerAddress, code: InviteCode) -> Result<Invitation, CallError> {
    let api = ApiClient::new(address.clone(), PROGRAM)?;
    api.to(route::LookAtInvite, &()).json(&ShowInvite { code }).read().await
}

/// Makes the account of an invite, or sets its password.
pub(crate) async fn join(address: &ServerAddress, join: &Join) -> Result<Joined, CallError> {
    ApiClient::new(address.clone(), PROGRAM)?.to(route::JoinByInvite, &()).json(join).read().await
}

/// Why a server did not prove who it is.
#[derive(Debug)]
pub(crate) struct Unproven(pub(crate) String);

/// Where the session of an account is kept.
struct Sessions {
    server: ServerAddress,
    vault: Vault,
    /// Held while the refresh token is being used: it works once, and using it twice ends the session.
    refresh_lock: PathBuf,
    /// The session as this process knows it.
    known: Mutex<Option<StoredSession>>,
}

impl Sessions {
    /// Keeps a session, or that there is none, in memory.
    fn note(&self, session: Option<StoredSession>) -> Option<StoredSession> {
        std::mem::replace(&mut *lock(&self.known), session)
    }
}

impl TokenStore for Sessions {
    type Error = Error;
    type Lock = FileLock;

    async fn lock(&self) -> Result<FileLock, Error> {
        let path = self.refresh_lock.clone();
        let lock = tokio::task::spawn_blocking(move || FileLock::take(&path)).await;
        Ok(lock.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?)
    }

    fn load(&self) -> Result<Tokens, Error> {
        // Whoever signed out here is signed out, whatever another process keeps.
        if lock(&self.known).is_none() {
            return Err(Error::NotSignedIn);
        }
        let stored = self.vault.load()?.ok_or(Error::NotSignedIn)?;
        self.note(Some(stored.clone()));
        Ok(stored.tokens)
    }

    fn save(&self, session: &Session, asked: UnixMillis) -> Result<(), Error> {
        let mut session = StoredSession::new(session, asked);
        let mut known = lock(&self.known);
        // What was declared at the sign-in counts until the next one.
        if let Some(declared) = known.as_ref().and_then(|known| known.origins.clone()) {
            session.origins = Some(declared);
        }
        // Somebody may have signed out, or in as another account, while the server answered.
        if known.as_ref().is_none_or(|known| known.account != session.account) {
            return Err(Error::NotSignedIn);
        }
        if let Some(warning) = self.vault.save(&session)? {
            tracing::warn!("{warning}");
        }
        *known = Some(session);
        Ok(())
    }

    fn ended(&self, refusal: CallError) -> Error {
        match &*lock(&self.known) {
            Some(s) => Error::SessionEnded { server: self.server.to_string(), user: s.user.to_string() },
            None => refusal.into(),
        }
    }
}

/// The requests that an account makes at its tracker.
pub(crate) struct Account {
    calls: SignedIn<Sessions>,
}

impl Account {
    pub(crate) fn open(server: ServerAddress, vault: Vault, refresh_lock: PathBuf) -> Result<Self, Error> {
        let known = Mutex::new(vault.load()?);
        let api = ApiClient::new(server.clone(), PROGRAM)?;
        Ok(Self { calls: SignedIn::new(api, Sessions { server, vault, refresh_lock, known }) })
    }

    fn api(&self) -> &ApiClient {
        self.calls.api()
    }

    /// The server.
    pub(crate) fn server(&self) -> &ServerAddress {
        self.api().server()
    }

    /// A URL that the server gave, if it is at the server's own origin or at one that it declared at the sign-in: a server must
    /// not make its friends' machines call whatever it likes in their networks.
    ///
    /// # Errors
    /// [`CallError::Malformed`] for any other.
    pub(crate) fn resolve(&self, given: &str) -> Result<Url, CallError> {
        let url = self.server().resolve(given)?;
        let origin = url.origin();
        let declared = lock(&self.calls.renewal().known).as_ref().and_then(|s| s.origins.clone());
        let is_declared = declared.unwrap_or_default().contains(&origin.ascii_serialization());
        if origin == self.server().url().origin() || is_declared {
            return Ok(url);
        }
        let server = self.server().to_string();
        let why = format!(
            "{} is not an address that the server declared when you signed in; if your group has a new seed, sign in again",
            origin.ascii_serialization()
        );
        Err(CallError::Malformed { server, path: url.path().to_owned(), why })
    }

    /// Name and id of the account, if it is signed in.
    pub(crate) fn who(&self) -> Option<(UserName, String)> {
        lock(&self.calls.renewal().known).as_ref().map(|s| (s.user.clone(), s.account.clone()))
    }

    /// Signs in. Returns a warning if the session could not be kept where the settings say.
    pub(crate) async fn login(&self, login: &Login) -> Result<Option<String>, Error> {
        let asked = now();
        let answer = self.api().to(route::SignIn, &()).json(login).read().await;
        let answer = answer.map_err(|e| match e.code() {
            Some("second_factor") => Error::SecondFactor,
            Some("wrong_code") => Error::WrongCode,
            _ if e.is_unauthorized() => Error::WrongPassword,
            _ => e.into(),
        })?;
        let session = StoredSession::new(&answer, asked);
        let sessions = self.calls.renewal();
        let warning = sessions.vault.save(&session)?;
        sessions.note(Some(session));
        self.calls.forget().await;
        Ok(warning)
    }

    /// Changes the account's password; every other session of it ends.
    pub(crate) async fn change_password(&self, change: &ChangePassword) -> Result<(), Error> {
        let changed = self.calls.call(route::ChangeOwnPassword, &(), |call| call.json(change)).await;
        match changed {
            Err(Error::Tracker(e)) if e.code() == Some("wrong_password") => Err(Error::WrongPassword),
            changed => changed,
        }
    }

    /// Signs out here, and at the tracker if it can be reached.
    pub(crate) async fn logout(&self) -> Result<(), Error> {
        let sessions = self.calls.renewal();
        let left = sessions.note(None);
        self.calls.forget().await;
        if let Some(session) = left {
            let request = RefreshRequest { refresh_token: session.tokens.refresh };
            let told = self.api().to(route::SignOut, &()).json(&request).read().await;
            if let Err(error) = told {
                tracing::warn!(%error, "the server was not told about the sign-out; the session there will expire");
            }
        }
        Ok(sessions.vault.forget()?)
    }

    /// Keys that the server shows.
    pub(crate) async fn trust(&self) -> Result<Trust, CallError> {
        self.api().to(route::GetTrust, &()).read().await
    }

    /// What the server tells, from the event after `last` on if it still has it.
    pub(crate) async fn events(&self, last: Option<&str>) -> Result<EventStream, Error> {
        self.calls.events(last).await
    }

    pub(crate) async fn bind_device(&self, peer: &PeerName, name: &str) -> Result<(), Error> {
        let body = NewDevice { name: name.into() };
        // What is bound is what was asked for: the answer is left unread.
        self.calls.answer(route::BindDevice, peer, |call| call.json(&body)).await.map(drop)
    }

    /// The catalogue with all builds, or what changed since the revision that is known.
    pub(crate) async fn catalogue(&self, since: Option<&str>) -> Result<Catalogue, Error> {
        let query = CatalogueQuery { since: since.map(str::to_owned) };
        match self.calls.answer(route::GetCatalogue, &(), |call| call.query(&query)).await {
            Err(Error::Tracker(e)) if e.is_not_found() => self.catalogue_by_lists().await,
            answer => Ok(answer?.json_up_to(limits::MAX_CATALOGUE).await?),
        }
    }

    /// The whole catalogue from a server of API level 1, which has lists only.
    async fn catalogue_by_lists(&self) -> Result<Catalogue, Error> {
        let as_of = now();
        let mut games = Vec::new();
        for game in self.calls.list(route::ListGames, &()).await? {
            let builds = self.calls.list(route::ListBuilds, &game.slug).await?;
            games.push(CatalogueEntry { game, builds });
            let builds: usize = games.iter().map(|entry| entry.builds.len()).sum();
            if games.len() > limits::MAX_GAMES || builds > limits::MAX_BUILDS {
                let (server, path) = (self.server().to_string(), "games".to_owned());
                return Err(CallError::Malformed {
                    server,
                    path,
                    why: "it has too many games or builds".into(),
                }
                .into());
            }
        }
        let revision = Hash::of(&serde_json::to_vec(&games).expect("plain data")).to_string();
        Ok(Catalogue { revision, as_of, whole: true, games, gone: Vec::new() })
    }

    /// The envelope with this address; anything else is refused.
    pub(crate) async fn manifest(&self, envelope: BlobId) -> Result<Vec<u8>, Error> {
        let answer = self.calls.answer(route::GetManifest, &envelope.hash, |call| call).await?;
        let bytes = answer.bytes(limits::MAX_ENVELOPE).await?;
        if Hash::of(&bytes) != envelope.hash {
            let (server, path) = (self.server().to_string(), format!("manifests/{}", envelope.hash));
            return Err(CallError::Malformed { server, path, why: "it has another hash".into() }.into());
        }
        Ok(bytes)
    }

    /// The bytes of a game's picture, which are one.
    pub(crate) async fn cover(&self, cover: &CoverId) -> Result<Vec<u8>, Error> {
        let (place, query) = ((cover.game.clone(), cover.id), CoverQuery { size: cover.size() });
        let answer = self.calls.answer(route::GetCover, &place, |call| call.query(&query)).await?;
        let bytes = answer.bytes(MAX_COVER).await?;
        if !cover.fits(&bytes) {
            let (server, path) =
                (self.server().to_string(), format!("games/{}/cover/{}", cover.game, cover.id));
            return Err(CallError::Malformed { server, path, why: "it is not the picture".into() }.into());
        }
        Ok(bytes)
    }

    pub(crate) async fn ask_for_jump(&self, game: &Slug, request: &JumpRequest) -> Result<Jump, Error> {
        self.calls.call(route::AskForJump, game, |call| call.json(request)).await
    }

    /// Sends a folder signature to where the tracker wants it, and has the seed begin.
    pub(crate) async fn start_jump(
        &self,
        jump: &str,
        upload: &SeedAccess,
        folder_signature: Vec<u8>,
    ) -> Result<Jump, Error> {
        let url = self.resolve(&upload.base)?;
        let put = self.api().call_url(Method::PUT, url).query(&[("cap", &upload.cap)]).body(folder_signature);
        put.within(SIGNATURE_TIME).send().await?;
        self.calls.call(route::StartJump, &jump.to_owned(), |call| call).await
    }

    pub(crate) async fn jump(&self, id: &str) -> Result<Jump, Error> {
        self.calls.call(route::GetJump, &id.to_owned(), |call| call).await
    }

    pub(crate) async fn wish_for_patch(&self, game: &Slug, wish: &PatchRequest) -> Result<(), Error> {
        self.calls.call(route::AskForPatch, game, |call| call.json(wish)).await
    }

    pub(crate) async fn tickets(&self, peer: &PeerName) -> Result<TicketList, Error> {
        let body = TicketsRequest { peer: peer.clone() };
        self.calls.call(route::IssueTickets, &(), |call| call.json(&body)).await
    }

    pub(crate) async fn deny_list(&self) -> Result<DenyList, Error> {
        self.calls.call(route::GetDenyList, &(), |call| call).await
    }

    pub(crate) async fn sources(&self, request: &SourcesRequest) -> Result<Sources, Error> {
        self.calls.call(route::FindSources, &(), |call| call.json(request)).await
    }

    pub(crate) async fn announce(&self, body: &Announce) -> Result<Announced, Error> {
        self.calls.call(route::AnnouncePeer, &(), |call| call.json(body)).await
    }

    pub(crate) async fn report(&self, report: &TransferReport) -> Result<(), Error> {
        self.calls.call(route::ReportTransfer, &(), |call| call.json(report)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SecretStore;

    #[tokio::test]
    async fn only_the_server_and_what_it_declared_is_called() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let place = tempfile::tempdir().expect("dir");
        let vault = Vault::new(place.path().join("session.json"), SecretStore::File);
        let declared = vec!["https://seed.example:8443".to_owned()];
        let tokens = Tokens { access: "a".into(), expires: UnixMillis(i64::MAX), refresh: "r".into() };
        let user = "ann".parse().expect("a name");
        let session = StoredSession { user, account: "1".into(), origins: Some(declared), tokens };
        vault.save(&session).expect("saved");
        let server = "https://mist.example/games".parse().expect("an address");
        let account = Account::open(server, vault, place.path().join("lock")).expect("an account");
        let called = |given: &str| account.resolve(given).map(String::from).ok();
        for (given, meant) in [
            ("/seed/v1/blobs/x?cap=1", "https://mist.example/games/seed/v1/blobs/x?cap=1"),
            ("https://mist.example/elsewhere", "https://mist.example/elsewhere"),
            ("https://seed.example:8443/seed/v1/x", "https://seed.example:8443/seed/v1/x"),
        ] {
            assert_eq!(called(given).as_deref(), Some(meant));
        }
        for elsewhere in [
            "http://192.168.1.1/admin?reset",
            "http://mist.example/games/x",
            "https://mist.example:444/x",
            "https://seed.example/x",
            "//192.168.1.1/x",
            "http://127.0.0.1:8080/",
            "file:///etc/passwd",
        ] {
            assert_eq!(called(elsewhere), None, "{elsewhere}");
        }
    }
}
