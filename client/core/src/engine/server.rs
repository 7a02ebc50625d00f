//! The server that is signed in at.

use std::{path::PathBuf, sync::Arc};

use mist_api_client::ServerAddress;
use mist_peer::Identity;
use mist_proto::ids::UserName;
use tokio::sync::Mutex;

use crate::{
    account::Account,
    address_book::AddressBook,
    catalogue::Catalogue,
    error::Error,
    home::{Home, ServerId, read_file},
    session::Vault,
    settings::SecretStore,
    swarm::TicketCheck,
    trust::{KnownServer, Pins},
};

/// Everything that is known of one server, for as long as it is signed in at.
pub(crate) struct Server {
    pub(crate) id: ServerId,
    /// Who this device is to others while this account is signed in.
    pub(crate) identity: Identity,
    pub(crate) account: Arc<Account>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) book: Arc<AddressBook>,
    pub(crate) admission: Arc<TicketCheck>,
    pub(crate) pins: Mutex<Pins>,
}

impl Server {
    /// The server that this home is signed in at, if any.
    pub(super) fn current(home: &Home, secrets: SecretStore) -> Result<Option<Self>, Error> {
        let named =
            read_file(&home.current())?.and_then(|id| ServerId::try_from(String::from_utf8(id).ok()?).ok());
        let Some(id) = named else { return Ok(None) };
        let Some(known) = KnownServer::load(home, &id)? else { return Ok(None) };
        let dir = home.server(&id);
        let account = account(home, known.url.clone(), &id, secrets)?;
        let user = account.who().map(|(user, _)| user);
        Ok(Some(Self {
            identity: identity(home, &id, user.as_ref())?,
            account: Arc::new(account),
            catalogue: Arc::new(Catalogue::at(dir.clone())),
            book: Arc::new(AddressBook::open(dir.join("peers.json"))?),
            admission: Arc::new(TicketCheck::new(known.pins.tracker)),
            pins: Mutex::new(known.pins),
            id,
        }))
    }

    /// Whether a session is kept that can't be read now.
    pub(super) fn session_is_out_of_reach(&self, home: &Home) -> bool {
        self.account.who().is_none() && session_file(home, &self.id).exists()
    }
}

fn session_file(home: &Home, id: &ServerId) -> PathBuf {
    home.server(id).join("session.json")
}

/// The account at a server, with the session that is kept for it.
pub(super) fn account(
    home: &Home,
    url: ServerAddress,
    id: &ServerId,
    secrets: SecretStore,
) -> Result<Account, Error> {
    let dir = home.server(id);
    let vault = Vault::new(session_file(home, id), secrets);
    Account::open(url, vault, dir.join("session.lock"))
}

/// The identity of this device for an account: the home's own, or one that was made because another account of the same
/// server has that one already.
pub(super) fn identity(home: &Home, id: &ServerId, user: Option<&UserName>) -> Result<Identity, Error> {
    let of_account = user.map(|user| identity_file(home, id, user)).filter(|file| file.exists());
    Ok(Identity::load_or_create(&of_account.unwrap_or_else(|| home.identity()))?)
}

/// Where an identity is kept that is this account's alone.
pub(super) fn identity_file(home: &Home, id: &ServerId, user: &UserName) -> PathBuf {
    home.server(id).join("identities").join(user.as_str())
}
