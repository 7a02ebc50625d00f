//! What a push would publish although nobody means it: secrets, what tools leave behind, and files of ours by a wrong
//! name, which therefore do nothing.

use std::io;

use mist_proto::{FileEntry, RelPath};
use mist_tree::fs::Dir;
use serde::Serialize;

/// Files up to this size are looked into: keys are short texts.
const LOOKED_INTO: u64 = 64 << 10;
/// Findings that are named one by one.
const NAMED: usize = 20;

/// Why a file looks as if nobody meant to publish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Why {
    Key,
    Password,
    History,
    Leftover,
    Misnamed,
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Self::Key => "looks like a secret key",
            Self::Password => "often holds passwords",
            Self::History => "is the history of a version control, with all that ever was in it",
            Self::Leftover => "is what a tool or a system left behind",
            Self::Misnamed => "is not read by this name: its rules have no effect",
        }
    }
}

/// A file that nobody means to publish, by its looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) path: RelPath,
    pub(super) why: Why,
}

/// The findings among `files` of the folder `dir`, without those that the build `before` had already: whoever pushed
/// that was asked.
///
/// # Errors
/// What the system reports.
pub(super) fn findings(files: &[FileEntry], dir: &dyn Dir, before: &[FileEntry]) -> io::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in files {
        if before.binary_search_by(|b| b.path.cmp(&file.path)).is_ok() {
            continue;
        }
        let why = match by_name(&file.path) {
            // Games ship the certificates that they trust.
            Some(Why::Key) if is_pem(&file.path) && holds(dir, file, is_only_public)? => None,
            None if holds(dir, file, has_private_key)? => Some(Why::Key),
            by_name => by_name,
        };
        findings.extend(why.map(|why| Finding { path: file.path.clone(), why }));
    }
    Ok(findings)
}

/// The findings, for people.
pub(super) fn describe(findings: &[Finding]) -> String {
    let n = mist_readable::count(findings.len() as u64, "file looks", "files look");
    let mut text = format!("{n} as if nobody means to publish it:");
    for Finding { path, why } in findings.iter().take(NAMED) {
        text.push_str(&format!("\n  {path} {}", why.words()));
    }
    if findings.len() > NAMED {
        text.push_str(&format!("\n  and {} more", findings.len() - NAMED));
    }
    text
}

fn is_pem(path: &RelPath) -> bool {
    path.name().to_ascii_lowercase().ends_with(".pem")
}

/// What its path alone says.
fn by_name(path: &RelPath) -> Option<Why> {
    const KEYS: [&str; 9] =
        [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx", ".mobileprovision"];
    const SSH: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
    const PASSWORDS: [&str; 8] =
        [".netrc", "_netrc", ".pgpass", ".npmrc", ".pypirc", ".git-credentials", ".htpasswd", ".dockercfg"];
    const SAMPLES: [&str; 4] = ["example", "sample", "template", "dist"];
    const LEFT: [&str; 5] = [".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".directory"];
    const MISNAMED: [&str; 6] =
        ["mistignore", "mistignore.txt", ".mistignore.txt", "mist.toml.txt", ".mistignore", "mist.toml"];
    let lower = path.as_str().to_lowercase();
    let mut folders: Vec<&str> = lower.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    let within = |names: &[&str]| folders.iter().any(|folder| names.contains(folder));
    let is_env = name == ".env" || name.starts_with(".env.");
    if name == ".git" || within(&[".git", ".svn", ".hg"]) {
        Some(Why::History)
    } else if within(&[".ssh", ".gnupg"])
        || SSH.contains(&name)
        || name == "release-key"
        || KEYS.iter().any(|end| name.len() > end.len() && name.ends_with(end))
    {
        Some(Why::Key)
    } else if PASSWORDS.contains(&name)
        || within(&[".aws"])
        || (is_env && !SAMPLES.iter().any(|end| name.ends_with(end)))
    {
        Some(Why::Password)
    } else if LEFT.contains(&name)
        || within(&["__macosx", ".spotlight-v100", ".trashes", ".idea", ".vs", ".vscode"])
        || name.starts_with("._")
        || name.starts_with("~$")
        || name.ends_with('~')
        || name.ends_with(".swp")
    {
        Some(Why::Leftover)
    } else if folders.is_empty()
        && MISNAMED.contains(&name)
        && !["mist.toml", ".mistignore"].contains(&path.as_str())
    {
        Some(Why::Misnamed)
    } else {
        None
    }
}

/// Whether the content of a short file is such. What was removed or cut meanwhile is not; the scan has noticed.
fn holds(dir: &dyn Dir, file: &FileEntry, such: fn(&[u8]) -> bool) -> io::Result<bool> {
    if file.size > LOOKED_INTO || file.size < 32 {
        return Ok(false);
    }
    let mut bytes = vec![0; usize::try_from(file.size).unwrap_or_default()];
    match dir.open(&file.path).and_then(|open| open.read_exact_at(&mut bytes, 0)) {
        Ok(()) => Ok(such(&bytes)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => Ok(false),
        Err(e) => Err(e),
    }
}

fn lines_of(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}

/// Whether a line begins a private key, as OpenSSL, OpenSSH, PuTTY and we write it.
fn has_private_key(bytes: &[u8]) -> bool {
    lines_of(bytes).any(|line| {
        (line.starts_with(b"-----BEGIN ") && line.ends_with(b"PRIVATE KEY-----"))
            || line.starts_with(b"PuTTY-User-Key-File-")
            || line.starts_with(b"# Mist release key.")
    })
}

/// Whether it is certificates or public keys and nothing else.
fn is_only_public(bytes: &[u8]) -> bool {
    let mut begins = lines_of(bytes).filter(|line| line.starts_with(b"-----BEGIN ")).peekable();
    begins.peek().is_some()
        && begins.all(|line| line.ends_with(b"CERTIFICATE-----") || line.ends_with(b"PUBLIC KEY-----"))
}

#[cfg(test)]
mod tests {
    use mist_proto::Hash;
    use mist_tree::fs::RealDir;

    use super::*;

    fn why(path: &str) -> Option<Why> {
        by_name(&RelPath::new(path).unwrap())
    }

    #[test]
    fn names_that_nobody_means() {
        for (path, expected) in [
            ("server.PEM", Some(Why::Key)),
            ("deep/er/signing.key", Some(Why::Key)),
            ("id_ed25519", Some(Why::Key)),
            (".ssh/config", Some(Why::Key)),
            ("release-key", Some(Why::Key)),
            (".env", Some(Why::Password)),
            ("web/.env.production", Some(Why::Password)),
            (".env.example", None),
            (".git/config", Some(Why::History)),
            ("module/.git", Some(Why::History)),
            ("data/.DS_Store", Some(Why::Leftover)),
            ("thumbs.db", Some(Why::Leftover)),
            ("__MACOSX/._game", Some(Why::Leftover)),
            ("notes.txt~", Some(Why::Leftover)),
            (".mistignore.txt", Some(Why::Misnamed)),
            (".MistIgnore", Some(Why::Misnamed)),
            ("sub/.mistignore.txt", None),
            ("id_ed25519.pub", None),
            (".key", None),
            ("monkey", None),
            ("keys/level1.dat", None),
            ("game", None),
        ] {
            assert_eq!(why(path), expected, "{path}");
        }
    }

    #[test]
    fn a_key_is_known_by_its_content_and_certificates_are_none() {
        let place = tempfile::tempdir().unwrap();
        let key =
            "-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3BlbnNzaC1rZXk\r\n-----END OPENSSH PRIVATE KEY-----\n";
        let ca = "# Root\n-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n";
        let both = format!("{ca}{key}");
        let files: Vec<FileEntry> = [
            ("both.pem", both.as_str()),
            ("cacert.pem", ca),
            ("deploy", key),
            ("empty.pem", ""),
            ("manual.txt", "write -----BEGIN RSA PRIVATE KEY----- first, and then go on"),
        ]
        .map(|(name, content)| {
            std::fs::write(place.path().join(name), content).unwrap();
            FileEntry {
                path: RelPath::new(name).unwrap(),
                size: content.len() as u64,
                executable: false,
                hash: Hash::of(content.as_bytes()),
            }
        })
        .into();
        let dir = RealDir::open(place.path()).unwrap();
        let named = |before: &[FileEntry]| {
            let found = findings(&files, &dir, before).unwrap();
            found.iter().map(|f| f.path.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(named(&[]), ["both.pem", "deploy", "empty.pem"]);
        assert_eq!(named(&files[..3]), ["empty.pem"], "what the build before had");
    }

    #[test]
    fn many_are_counted() {
        let finding =
            |n: usize| Finding { path: RelPath::new(&format!(".git/{n}")).unwrap(), why: Why::History };
        let many = describe(&(0..25).map(finding).collect::<Vec<_>>());
        assert!(many.starts_with("25 files look") && many.ends_with("and 5 more"), "{many}");
        assert_eq!(many.lines().count(), NAMED + 2);
    }
}
