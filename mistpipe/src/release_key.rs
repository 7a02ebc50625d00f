//! The release key on this machine: made by the first push, backed up, brought in, handed over.
//!
//! The key is kept as a secret of the home: one line that says what it is and the 32 secret bytes in hex. A rotation first keeps the new
//! key beside the old one, then tells the server, then swaps them: after a crash at any point [`settle_rotation`]
//! finishes what was begun.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result, anyhow, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_command_line::{WholeFile, text};
use mist_proto::{
    Hash,
    http::Trust,
    key::{KeyRotation, ReleaseKey, ReleaseSecret},
};

use crate::{
    api::Api,
    failure::{Exit, refuse},
    home::Home,
};

const FILE: &str = "release-key";
const NEXT: &str = "release-key.next";
const HEADER: &str = "# Mist release key. Whoever has it can publish builds to your friends: keep it secret.";
const RECOVERY_HEADER: &str = "# Mist recovery key. Whoever has it can take over publishing to your friends: keep it offline, away from the machine that pushes.";

/// The key file's text.
fn encode(secret: &ReleaseSecret) -> String {
    format!("{HEADER}\n{}\n", Hash(secret.seed()))
}

/// Reads a key file's text.
fn decode(text: &str) -> Result<ReleaseSecret> {
    let mut lines = text::lines(text);
    let seed: Option<Hash> = lines.next().and_then(|(_, line)| line.parse().ok());
    match (seed, lines.next()) {
        (Some(seed), None) => Ok(ReleaseSecret::from_seed(&seed.0)),
        _ => anyhow::bail!("it is not a Mist release key: expected one line of 64 hex digits"),
    }
}

fn load_secret(home: &Home, name: &str) -> Result<Option<ReleaseSecret>> {
    home.move_secret(name)?;
    let Some(text) = home.secret(name)? else { return Ok(None) };
    decode(&text).map(Some).with_context(|| format!("can't use {}", home.file(name).display()))
}

/// A new key of the system's randomness.
fn generate() -> Result<ReleaseSecret> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| anyhow!("the system gives no randomness: {e}"))?;
    Ok(ReleaseSecret::from_seed(&seed))
}

/// Where the key of this machine is kept, for people.
pub(crate) fn place(home: &Home) -> Result<String> {
    home.place_of(FILE)
}

/// The key of this machine, if it has one.
pub(crate) fn load(home: &Home) -> Result<Option<ReleaseSecret>> {
    load_secret(home, FILE)
}

/// The key of this machine.
///
/// # Errors
/// Exit code 1 with advice if there is none.
pub(crate) fn require(home: &Home) -> Result<ReleaseSecret> {
    load(home)?.ok_or_else(|| {
        refuse(
            Exit::Failed,
            "there is no release key on this machine: the first push makes it, or bring yours in with `mistpipe key \
             import FILE`",
        )
    })
}

/// The server's trust, and its release key, which has to be this machine's. `what` is done by that key alone, as `who may publish is
/// said`.
///
/// # Errors
/// Exit code 1 if the server has none yet, 3 if it has another one.
pub(crate) async fn of_server(home: &Home, api: &Api, what: &str) -> Result<(Trust, ReleaseSecret)> {
    let trust = api.trust().await?;
    settle_rotation(home, trust.release_key.as_ref())?;
    let secret = require(home)?;
    let theirs = trust
        .release_key
        .ok_or_else(|| refuse(Exit::Failed, "the server has no release key yet: push a build first"))?;
    if theirs != secret.public() {
        return Err(refuse(
            Exit::Auth,
            format!(
                "{what} by the release key {}, and this machine's key is {}",
                theirs.fingerprint(),
                secret.public().fingerprint()
            ),
        ));
    }
    Ok((trust, secret))
}

/// Makes the first key of this machine.
pub(crate) fn create(home: &Home) -> Result<ReleaseSecret> {
    let secret = generate()?;
    home.keep_secret(FILE, &encode(&secret))?;
    Ok(secret)
}

/// Writes a copy of the key to `to`, which must not exist.
pub(crate) fn export(home: &Home, to: &Path) -> Result<ReleaseKey> {
    let secret = require(home)?;
    write_private(to, &encode(&secret))?;
    Ok(secret.public())
}

/// Writes a new file that only this user can read.
fn write_private(to: &Path, text: &str) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut file = WholeFile::new_private(to)?;
        file.write_all(text.as_bytes())?;
        file.finish()
    };
    write().map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => anyhow!("{} exists already: choose another name", to.display()),
        _ => anyhow::Error::new(e).context(format!("can't write {}", to.display())),
    })
}

/// Takes the key in `from` as this machine's. A different key that is here is kept under another name, and so is the name of one in a
/// keyring that can't be read.
pub(crate) fn import(home: &Home, from: &Path) -> Result<ReleaseKey> {
    let text = text::read(from)?;
    let secret = decode(&text).with_context(|| format!("can't use {}", from.display()))?;
    home.put_aside_unread(FILE)?;
    set_current(home, &secret)?;
    Ok(secret.public())
}

/// Makes `secret` the current key, keeping the one before.
fn set_current(home: &Home, secret: &ReleaseSecret) -> Result<()> {
    if let Some(old) = load(home)? {
        if old.public() == secret.public() {
            return Ok(());
        }
        home.keep_secret(&format!("{FILE}.{}", old.public().fingerprint()), &encode(&old))?;
    }
    home.keep_secret(FILE, &encode(secret))
}

/// Begins a rotation: a new key is kept beside the current one, and the statement that hands over is answered.
/// The same new key is used again if an earlier rotation did not reach the server.
pub(crate) fn begin_rotation(home: &Home) -> Result<KeyRotation> {
    let old = require(home)?;
    let new = match load_secret(home, NEXT)? {
        Some(next) => next,
        None => {
            let new = generate()?;
            home.keep_secret(NEXT, &encode(&new))?;
            new
        }
    };
    Ok(KeyRotation::sign(&old, &new))
}

/// The file of a recovery key: the key itself, and the statement by which the release key has handed over to it in advance.
fn encode_recovery(secret: &ReleaseSecret, rotation: &KeyRotation) -> String {
    let (old, new) = (rotation.old().fingerprint(), rotation.new_key().fingerprint());
    let about = format!("# It takes over from the release key {old}, as {new}: mistpipe key recover FILE");
    format!("{RECOVERY_HEADER}\n{about}\n{}\n{}\n", Hash(secret.seed()), B64.encode(rotation.encode()))
}

/// Reads the text of a recovery key's file.
fn decode_recovery(text: &str) -> Result<(ReleaseSecret, KeyRotation)> {
    let lines: Vec<&str> = text::lines(text).map(|(_, line)| line).collect();
    let [seed, rotation] = lines[..] else {
        anyhow::bail!(
            "it is not a Mist recovery key: expected a line with the key and one with the hand-over to it"
        )
    };
    let secret = seed.parse().map(|Hash(seed)| ReleaseSecret::from_seed(&seed));
    let secret = secret.context("its first line is not a key of 64 hex digits")?;
    let rotation = B64.decode(rotation).ok().and_then(|bytes| KeyRotation::decode_verified(&bytes).ok());
    let rotation = rotation.context("the hand-over in it is not signed as it should be")?;
    ensure!(rotation.new_key() == secret.public(), "the hand-over in it is to another key");
    Ok((secret, rotation))
}

/// Makes a key that can take over from this machine's, and writes it to `to`, which must not exist. Nothing of it stays here.
pub(crate) fn make_recovery(home: &Home, to: &Path) -> Result<KeyRotation> {
    let (old, new) = (require(home)?, generate()?);
    let rotation = KeyRotation::sign(&old, &new);
    write_private(to, &encode_recovery(&new, &rotation))?;
    Ok(rotation)
}

/// Begins to take over by the recovery key in `from`: it is kept as the next key, and the statement that hands over is answered.
pub(crate) fn begin_recovery(home: &Home, from: &Path) -> Result<KeyRotation> {
    let (secret, rotation) = read_recovery(from)?;
    home.put_aside_unread(FILE)?;
    home.put_aside_unread(NEXT)?;
    home.keep_secret(NEXT, &encode(&secret))?;
    Ok(rotation)
}

/// What the recovery key in `from` takes over from and becomes; nothing is changed.
pub(crate) fn look_at_recovery(from: &Path) -> Result<KeyRotation> {
    Ok(read_recovery(from)?.1)
}

fn read_recovery(from: &Path) -> Result<(ReleaseSecret, KeyRotation)> {
    decode_recovery(&text::read(from)?).with_context(|| format!("can't use {}", from.display()))
}

/// Finishes a rotation that the server knows of. True if there was one.
pub(crate) fn settle_rotation(home: &Home, server: Option<&ReleaseKey>) -> Result<bool> {
    let Some(next) = load_secret(home, NEXT)? else { return Ok(false) };
    if server != Some(&next.public()) {
        return Ok(false);
    }
    set_current(home, &next)?;
    home.forget_secret(NEXT)?;
    Ok(true)
}

/// The keys whose manifests this server's history may carry: those of publishers, then those of [`chain`].
///
/// # Errors
/// As [`chain`].
pub(crate) fn accepted_keys(trust: &Trust) -> Result<Vec<ReleaseKey>> {
    let chain = chain(trust)?;
    let list = trust.publishers().filter(|list| chain.contains(&list.signed_by()));
    let publishers = list.iter().flat_map(|list| list.list()).map(|publisher| publisher.key);
    Ok(publishers.chain(chain.iter().copied()).collect())
}

/// Whether the server's release key lets `key` sign builds too.
pub(crate) fn may_publish(key: &ReleaseKey, trust: &Trust) -> bool {
    trust
        .publishers()
        .is_some_and(|list| Some(list.signed_by()) == trust.release_key && list.lets_publish(key))
}

/// The release keys, from the first to the present one. Every hand-over is verified.
///
/// # Errors
/// A chain that does not lead to the present key.
pub(crate) fn chain(trust: &Trust) -> Result<Vec<ReleaseKey>> {
    let Some(current) = trust.release_key else { return Ok(Vec::new()) };
    let mut keys = Vec::new();
    for text in &trust.rotations {
        let rotation = B64
            .decode(text)
            .ok()
            .and_then(|bytes| KeyRotation::decode_verified(&bytes).ok())
            .context("the server shows a rotation of the release key that is not valid")?;
        let follows = keys.last().is_none_or(|last| *last == rotation.old());
        ensure!(follows, "the server's rotations of the release key do not follow each other");
        if keys.is_empty() {
            keys.push(rotation.old());
        }
        keys.push(rotation.new_key());
    }
    match keys.last() {
        None => Ok(vec![current]),
        Some(last) => {
            ensure!(*last == current, "the server's rotations do not lead to its release key");
            Ok(keys)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("home"));
        (dir, home)
    }

    fn trust(release_key: Option<ReleaseKey>, rotations: &[&KeyRotation]) -> Trust {
        Trust {
            tracker_key: ReleaseSecret::from_seed(&[9; 32]).public().into(),
            release_key,
            rotations: rotations.iter().map(|r| B64.encode(r.encode())).collect(),
            publishers: None,
            server: "test".into(),
        }
    }

    #[test]
    fn a_key_survives_export_and_import() {
        let (dir, here) = home();
        assert!(require(&here).is_err());
        let made = create(&here).unwrap().public();
        let copy = dir.path().join("copy");
        assert_eq!(export(&here, &copy).unwrap(), made);
        assert!(export(&here, &copy).is_err(), "an existing file is not overwritten");
        let (_dir, there) = home();
        assert_eq!(import(&there, &copy).unwrap(), made);
        assert_eq!(require(&there).unwrap().public(), made);
        std::fs::write(&copy, "not a key").unwrap();
        assert!(import(&there, &copy).is_err());
        assert_eq!(require(&there).unwrap().public(), made, "a bad file changes nothing");
    }

    #[test]
    fn importing_keeps_the_key_before() {
        let (dir, here) = home();
        let first = create(&here).unwrap().public();
        let file = dir.path().join("other");
        std::fs::write(&file, encode(&ReleaseSecret::from_seed(&[1; 32]))).unwrap();
        import(&here, &file).unwrap();
        let kept = load_secret(&here, &format!("{FILE}.{}", first.fingerprint())).unwrap().unwrap();
        assert_eq!(kept.public(), first);
    }

    #[test]
    fn a_rotation_cut_off_anywhere_is_finished_later() {
        let (_dir, here) = home();
        let old = create(&here).unwrap().public();
        let first = begin_rotation(&here).unwrap();
        // Killed before the server heard of it: the old key still signs, and the new one stays the same.
        assert!(!settle_rotation(&here, Some(&old)).unwrap());
        assert_eq!(require(&here).unwrap().public(), old);
        assert_eq!(begin_rotation(&here).unwrap(), first);
        // Killed after the server heard of it: the next command swaps.
        assert!(settle_rotation(&here, Some(&first.new_key())).unwrap());
        assert_eq!(require(&here).unwrap().public(), first.new_key());
        assert!(!settle_rotation(&here, Some(&first.new_key())).unwrap());
    }

    #[test]
    fn a_recovery_key_takes_over_where_nothing_else_is_left() {
        let (dir, here) = home();
        let old = create(&here).unwrap().public();
        let file = dir.path().join("recovery");
        let made = make_recovery(&here, &file).unwrap();
        assert_eq!((made.old(), made == look_at_recovery(&file).unwrap()), (old, true));
        assert!(make_recovery(&here, &file).is_err(), "an existing file is not overwritten");
        assert_eq!(require(&here).unwrap().public(), old, "it signs nothing yet");

        let (_dir, there) = home();
        let taken = begin_recovery(&there, &file).unwrap();
        assert!(load(&there).unwrap().is_none() && !settle_rotation(&there, Some(&old)).unwrap());
        assert!(settle_rotation(&there, Some(&taken.new_key())).unwrap());
        assert_eq!(require(&there).unwrap().public(), made.new_key());

        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let other = Hash([3; 32]).to_string();
        let key = encode(&ReleaseSecret::from_seed(&[3; 32]));
        let cut = lines[..3].join("\n");
        for bad in [text.replace(lines[2], &other), text.replace(lines[3], "AAAA"), cut, key, String::new()] {
            std::fs::write(&file, &bad).unwrap();
            assert!(begin_recovery(&there, &file).is_err(), "{bad}");
        }
        assert!(load_secret(&there, NEXT).unwrap().is_none(), "a bad file changes nothing");
    }

    #[test]
    fn chains_of_rotations() {
        let secrets = [1, 2, 3].map(|n| ReleaseSecret::from_seed(&[n; 32]));
        let keys = secrets.each_ref().map(ReleaseSecret::public);
        let (ab, bc) =
            (KeyRotation::sign(&secrets[0], &secrets[1]), KeyRotation::sign(&secrets[1], &secrets[2]));
        assert_eq!(accepted_keys(&trust(None, &[])).unwrap(), []);
        assert_eq!(accepted_keys(&trust(Some(keys[0]), &[])).unwrap(), [keys[0]]);
        assert_eq!(accepted_keys(&trust(Some(keys[2]), &[&ab, &bc])).unwrap(), keys);
        assert!(accepted_keys(&trust(Some(keys[2]), &[&bc, &ab])).is_err(), "out of order");
        assert!(accepted_keys(&trust(Some(keys[0]), &[&ab])).is_err(), "leads elsewhere");
    }
}
