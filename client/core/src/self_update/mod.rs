//! The client takes the place of itself: a package that the server passes on and the release key has signed, fetched in parts into the
//! program's own folder, checked, unpacked beside what runs, and swapped in file by file.
//!
//! Until all of the new version is on the disk and marked as ready ([`swap`]) the old one is untouched. From then on every start of the
//! program ends what was begun, so that a kill or a power loss leaves the old version or the new one.

mod program;
mod restart;
mod swap;
mod unpack;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use mist_api_client::ApiClient;
use mist_proto::{
    Hash,
    client_package::{ClientPackage, ClientVersion, NotTaken, PackageKind, SignedPackage, may_replace},
    http::{ClientList, ClientOffer, route},
    limits::CLIENT_PART,
};
use serde::{Deserialize, Serialize};

use self::swap::finish;
pub use self::{
    program::Program,
    restart::{begin, start_anew},
};
use crate::{
    account::PROGRAM,
    error::Error,
    failure::{CAUSE, Failure, Params},
    home::{FileLock, Home, HomeError, ServerId, entries, read_file, read_json, sync_dir, write_json},
    trust::{KnownServer, Pins},
};

/// Why the program was not replaced. What runs is as it was. Its sentences are those of [`Failure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelfUpdateError {
    /// The program is in no folder that it may replace by itself.
    NotItsOwn {
        /// Where it is.
        program: PathBuf,
    },
    /// Another process is at it.
    UnderWay,
    /// What the server says of the package is not signed.
    Unsigned,
    /// Another key than the release key that is trusted has signed the package.
    AnotherKey {
        /// Its fingerprint.
        found: String,
        /// That of the trusted one.
        pinned: String,
    },
    /// An older version than one that was offered before.
    BelowFloor {
        /// What is offered.
        offered: ClientVersion,
        /// The newest that was.
        floor: ClientVersion,
    },
    /// What came is not what was signed.
    OtherBytes {
        /// The version that was to come.
        version: ClientVersion,
    },
    /// What was signed is no package that this program knows.
    Content {
        /// The version that was to come.
        version: ClientVersion,
        /// What is wrong with it.
        detail: String,
    },
}

impl SelfUpdateError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotItsOwn { .. } => "client_not_its_own",
            Self::UnderWay => "client_update_under_way",
            _ => "client_refused",
        }
    }

    /// What the code leaves open.
    pub fn params(&self) -> Params {
        match self {
            Self::NotItsOwn { program } => vec![("program", program.display().to_string())],
            Self::UnderWay => vec![],
            Self::Unsigned => vec![(CAUSE, "unsigned".into())],
            Self::AnotherKey { found, pinned } => {
                vec![(CAUSE, "key".into()), ("found", found.clone()), ("pinned", pinned.clone())]
            }
            Self::BelowFloor { offered, floor } => {
                vec![(CAUSE, "floor".into()), ("offered", offered.to_string()), ("floor", floor.to_string())]
            }
            Self::OtherBytes { version } => vec![(CAUSE, "bytes".into()), ("version", version.to_string())],
            Self::Content { version, detail } => {
                vec![(CAUSE, "content".into()), ("version", version.to_string()), ("detail", detail.clone())]
            }
        }
    }
}

impl std::fmt::Display for SelfUpdateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Failure::of(self.code(), self.params()).fmt(f)
    }
}

impl std::error::Error for SelfUpdateError {}

/// The newest version that a server ever offered, under a key that is trusted: `servers/<key>/client.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    newest: Option<ClientVersion>,
}

/// A program that may update itself by the server that its home is signed in at.
pub struct Updater {
    home: Home,
    server: ServerId,
    api: ApiClient,
    program: Program,
}

impl Updater {
    /// For the program at `exe`, the path of a file that runs.
    ///
    /// # Errors
    /// [`SelfUpdateError::NotItsOwn`]; [`Error::NotSignedIn`] where no server is known.
    pub fn open(home: &Home, exe: &Path) -> Result<Self, Error> {
        let program = Program::of(exe)?;
        let named = read_file(&home.current())?.and_then(|id| String::from_utf8(id).ok());
        let server = named.and_then(|id| ServerId::try_from(id).ok()).ok_or(Error::NotSignedIn)?;
        let known = KnownServer::load(home, &server)?.ok_or(Error::NotSignedIn)?;
        Ok(Self { home: home.clone(), server, api: ApiClient::new(known.url, PROGRAM)?, program })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The package that may take the program's place, if the server offers one. Nothing of it is fetched.
    ///
    /// # Errors
    /// If the server can't be asked, shows other keys than those that are trusted, or offers what must not be taken.
    pub async fn look(&self) -> Result<Option<ClientPackage>, Error> {
        let known = KnownServer::load(&self.home, &self.server)?.ok_or(Error::NotSignedIn)?;
        let trust = self.api.to(route::GetTrust, &()).read().await?;
        let pins = known.pins.follow(&trust)?;
        let offers = self.api.to(route::ListClients, &()).read().await?;
        let file = self.home.server(&self.server).join("client.json");
        let seen = read_json::<Seen>(&file)?.unwrap_or_default();
        let Some(package) = choose(&offers, &pins, &self.program, seen.newest)? else { return Ok(None) };
        if seen.newest.is_none_or(|newest| newest < package.version) {
            write_json(&file, &Seen { newest: Some(package.version) }, false)?;
        }
        Ok(Some(package))
    }

    /// Fetches a package that [`Updater::look`] named and puts it in the program's place; `arrived` hears of the bytes that are here. What
    /// was fetched before it was interrupted is not fetched again. The program that runs is the old one until it is started anew.
    ///
    /// # Errors
    /// If it can't be fetched, is not what was signed, or can't be written; the program is as it was.
    pub async fn update(
        &self,
        package: &ClientPackage,
        arrived: impl Fn(u64) + Send + Sync,
    ) -> Result<(), Error> {
        let folder = self.program.staging();
        fs::create_dir_all(&folder).map_err(HomeError::at(&folder))?;
        let lock = FileLock::try_take(&folder.join("lock"))?.ok_or(SelfUpdateError::UnderWay)?;
        let file = folder.join(format!("{}.part", package.hash));
        forget_others(&folder, &file).map_err(HomeError::at(&folder))?;
        loop {
            let resumed = self.fetch(package, &file, &arrived).await?;
            let (program, signed, fetched) = (self.program.clone(), package.clone(), file.clone());
            let put = tokio::task::spawn_blocking(move || take(&program, &signed, &fetched));
            match put.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
                // What came earlier may have been wrong, of a server that is right by now.
                Err(Error::SelfUpdate(SelfUpdateError::OtherBytes { .. })) if resumed => {}
                put => {
                    drop(lock);
                    return put;
                }
            }
        }
    }

    /// Fetches what is missing of the package's bytes. Whether some were here before.
    async fn fetch(
        &self,
        package: &ClientPackage,
        file: &Path,
        arrived: &(impl Fn(u64) + Send + Sync),
    ) -> Result<bool, Error> {
        let at = |e| HomeError::at(file)(e);
        let mut out = OpenOptions::new().append(true).create(true).open(file).map_err(at)?;
        let part = CLIENT_PART as u64;
        // Of a part that was being written, what is here may be torn.
        let mut have = out.metadata().map_err(at)?.len().min(package.size);
        if have < package.size {
            have -= have % part;
        }
        out.set_len(have).map_err(at)?;
        let resumed = have > 0;
        arrived(have);
        while have < package.size {
            let number = u32::try_from(have / part).unwrap_or(u32::MAX);
            let answer = self.api.to(route::GetClientPart, &(package.hash, number)).send().await?;
            let bytes = answer.bytes(CLIENT_PART).await?;
            if bytes.len() as u64 != part.min(package.size - have) {
                return Err(SelfUpdateError::OtherBytes { version: package.version }.into());
            }
            out.write_all(&bytes).map_err(at)?;
            have += bytes.len() as u64;
            arrived(have);
        }
        out.sync_all().map_err(at)?;
        Ok(resumed)
    }
}

/// The newest package among the offers that may take the program's place.
fn choose(
    offers: &ClientList,
    pins: &Pins,
    program: &Program,
    floor: Option<ClientVersion>,
) -> Result<Option<ClientPackage>, SelfUpdateError> {
    let Some(trusted) = &pins.release else { return Ok(None) };
    let mut best: Option<ClientPackage> = None;
    let ours = |offer: &&ClientOffer| offer.platform == program.platform && offer.kind == PackageKind::TarZst;
    for offer in offers.packages.iter().filter(ours) {
        let signed: SignedPackage = offer.signed().ok_or(SelfUpdateError::Unsigned)?;
        let package = signed.package().clone();
        match may_replace(&signed, trusted, &program.platform, program.version, floor) {
            Ok(()) if best.as_ref().is_none_or(|best| best.version < package.version) => best = Some(package),
            Ok(()) | Err(NotTaken::Elsewhere | NotTaken::NotNewer) => {}
            // The key was handed over, and nobody has signed the package anew yet.
            Err(NotTaken::AnotherKey) if pins.former.contains(&signed.signed_by()) => {}
            Err(NotTaken::AnotherKey) => {
                let (found, pinned) = (signed.signed_by().fingerprint(), trusted.fingerprint());
                return Err(SelfUpdateError::AnotherKey { found, pinned });
            }
            Err(NotTaken::BelowFloor) => {
                let (offered, floor) = (package.version, floor.unwrap_or(package.version));
                return Err(SelfUpdateError::BelowFloor { offered, floor });
            }
        }
    }
    Ok(best)
}

/// Checks what was fetched, unpacks it, and swaps it in.
fn take(program: &Program, package: &ClientPackage, file: &Path) -> Result<(), Error> {
    if hash_of(file).map_err(HomeError::at(file))? != package.hash {
        // Of nobody who can say which part was wrong: all of it is fetched again.
        fs::remove_file(file).map_err(HomeError::at(file))?;
        return Err(SelfUpdateError::OtherBytes { version: package.version }.into());
    }
    let staged = program.staging().join("staged");
    let unpacked =
        File::open(file).map_err(unpack::Unpackable::Io).and_then(|file| unpack::unpack(file, &staged));
    let content = |detail: String| SelfUpdateError::Content { version: package.version, detail };
    unpacked.map_err(|e| match e {
        unpack::Unpackable::Io(e) => Error::from(HomeError::at(&staged)(e)),
        unpack::Unpackable::Content(detail) => content(detail).into(),
    })?;
    // A program that says that it is older than what was signed would be replaced by it for ever.
    let says = Program::at(&staged).map(|new| (new.version, new.platform));
    if says != Some((package.version, package.platform.clone())) {
        return Err(content("it says that it is another version, or for another system".into()).into());
    }
    if !program.is_in(&staged) {
        return Err(content(format!("{} is not in it", program.name())).into());
    }
    swap::begin(program).and_then(|()| swap::end(program)).map_err(HomeError::at(&program.root))?;
    Ok(())
}

fn hash_of(file: &Path) -> io::Result<Hash> {
    Ok(blake3::Hasher::new().update_reader(File::open(file)?)?.finalize().into())
}

/// Removes what was fetched of other packages.
fn forget_others(folder: &Path, but: &Path) -> io::Result<()> {
    for entry in entries(folder)? {
        let path = entry.path();
        if path != but && path.extension().is_some_and(|extension| extension == "part") {
            fs::remove_file(path)?;
        }
    }
    sync_dir(folder)
}

#[cfg(test)]
mod tests;
