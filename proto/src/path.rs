//! Paths inside a build: the only way by which file names come in.
//!
//! A [`RelPath`] means the same file on Linux, Windows and macOS or does not exist. The rules are the union of
//! what those systems refuse, reinterpret or hide; [`PathSet`] adds the rules between the paths of one build.

use std::{collections::HashMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization;

use crate::{
    joiners::{is_contextual, misplaced, name_of},
    limits::{MAX_COMPONENT, MAX_DEPTH, MAX_PATH},
};

/// Name of the one control folder that Mist keeps in a game folder. No build may contain it.
pub const CONTROL_DIR: &str = ".mist";

/// A relative path inside a build, with `/` between components.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Box<str>);

/// Why a path was refused. `code` is stable; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path {path:?} is refused: {rule}")]
pub struct PathError {
    /// The path as given, cut to 200 characters.
    pub path: String,
    /// The rule that it breaks.
    pub rule: PathRule,
}

/// The rules that a path can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PathRule {
    /// Zero bytes long.
    #[error("it is empty")]
    Empty,
    /// Longer than [`MAX_PATH`] bytes.
    #[error("it is longer than 1024 bytes")]
    TooLong,
    /// More than [`MAX_DEPTH`] components.
    #[error("it is deeper than 64 folders")]
    TooDeep,
    /// Starts or ends with `/`, or has `//`.
    #[error("it is absolute or has an empty component")]
    EmptyComponent,
    /// `.` or `..`, or another component that ends with a dot or a space.
    #[error("a component is '.' or '..' or ends with a dot or a space")]
    DotOrSpace,
    /// A component over [`MAX_COMPONENT`].
    #[error("a component is longer than 255 units")]
    ComponentTooLong,
    /// A character that some system refuses, reinterprets or hides.
    #[error("it contains a character that is not allowed in file names everywhere (U+{0:04X}{name})", name = name_of(*.0))]
    Character(u32),
    /// A device name of Windows.
    #[error("a component is a device name on Windows")]
    Reserved,
    /// Our own control folder.
    #[error("'.mist' is Mist's own folder")]
    Control,
    /// Not valid UTF-8.
    #[error("it is not valid UTF-8")]
    NotUtf8,
    /// Same path, or same path but for case or Unicode normalisation, as another of the build.
    #[error("it collides with another path of the build")]
    Collision,
    /// What [`publishable`] refuses: a short name of Windows for a control folder.
    #[error("on Windows, its first part may be another name of '.mist', Mist's own folder")]
    ShortName,
    /// What [`publishable`] refuses: a file by which Windows changes how a folder or disk looks or what it starts.
    #[error("Windows takes it for instructions on how to show or start the folder it lies in")]
    FolderFile,
    /// A file where another path of the build needs a folder.
    #[error("it is a file in one place and a folder in another")]
    FileAndFolder,
}

/// Whether `component`'s part before the first dot is a device name on Windows.
pub(crate) fn is_reserved_stem(component: &str) -> bool {
    let stem = component.split('.').next().unwrap_or_default().trim_end_matches(' ');
    let upper = stem.to_uppercase();
    if matches!(upper.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let mut chars = upper.chars();
    let (prefix, last) = (chars.by_ref().take(3).collect::<String>(), chars.next());
    matches!(prefix.as_str(), "COM" | "LPT")
        && chars.next().is_none()
        && matches!(last, Some('0'..='9' | '¹' | '²' | '³'))
}

/// Whether a file system that gives long names short ones may take `component`, at the root, for [`CONTROL_DIR`]: `MIST~1`,
/// and from the fifth such name on `MI` with four hexadecimal digits before the `~`.
pub fn may_mean_control_dir(component: &str) -> bool {
    let upper = component.to_ascii_uppercase();
    let Some((stem, number)) = upper.split_once('~') else { return false };
    let hashed = stem.strip_prefix("MI").filter(|rest| rest.len() == 4);
    let stem = stem == "MIST" || hashed.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    stem && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Checks a path that is to be part of a new build by rules that are stricter than those of [`RelPath`]: what is signed
/// already stays as it is.
///
/// # Errors
/// The rule that it breaks.
pub fn publishable(path: &RelPath) -> Result<(), PathError> {
    let (first, rest) = path.0.split_once('/').map_or((&*path.0, None), |(first, rest)| (first, Some(rest)));
    if may_mean_control_dir(first) {
        Err(refuse(path, PathRule::ShortName))
    } else if rest.is_none() && matches!(fold(first).as_str(), "desktop.ini" | "autorun.inf") {
        Err(refuse(path, PathRule::FolderFile))
    } else {
        Ok(())
    }
}

/// Whether `c` is refused anywhere in a path: separators of other systems, controls, and characters that
/// can't be seen or that reorder what is seen.
fn refused_char(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
        // Noncharacters, which some file systems rewrite.
        || (c as u32 & 0xfffe) == 0xfffe
        || matches!(c, '\u{fdd0}'..='\u{fdef}')
}

fn check(s: &str) -> Result<(), PathRule> {
    if s.is_empty() {
        return Err(PathRule::Empty);
    }
    if s.len() > MAX_PATH {
        return Err(PathRule::TooLong);
    }
    if let Some(c) = s.chars().find(|&c| refused_char(c) && !is_contextual(c)) {
        return Err(PathRule::Character(c as u32));
    }
    for (depth, part) in s.split('/').enumerate() {
        if depth >= MAX_DEPTH {
            return Err(PathRule::TooDeep);
        }
        if part.is_empty() {
            return Err(PathRule::EmptyComponent);
        }
        if part.ends_with(['.', ' ']) {
            return Err(PathRule::DotOrSpace);
        }
        if part.len() > MAX_COMPONENT {
            return Err(PathRule::ComponentTooLong);
        }
        if let Some(c) = misplaced(part) {
            return Err(PathRule::Character(c as u32));
        }
        if is_reserved_stem(part) {
            return Err(PathRule::Reserved);
        }
        if depth == 0 && fold(part) == CONTROL_DIR {
            return Err(PathRule::Control);
        }
    }
    Ok(())
}

/// The form in which two paths are equal if some supported file system takes them for the same:
/// canonical caseless matching (Unicode 3.13, D145).
pub fn fold(s: &str) -> String {
    // Nearly all paths are, and the tables take ten times as long.
    if s.is_ascii() { s.to_ascii_lowercase() } else { fold_by_tables(s) }
}

fn fold_by_tables(s: &str) -> String {
    // HFS+ takes no notice of joiners and selectors either.
    let seen: String = s.nfd().filter(|c| !is_contextual(*c)).collect();
    caseless::default_case_fold_str(&seen).nfc().collect()
}

impl RelPath {
    /// Checks `s` against every rule that a single path can break.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(s: &str) -> Result<Self, PathError> {
        match check(s) {
            Ok(()) => Ok(Self(s.into())),
            Err(rule) => Err(PathError { path: s.chars().take(200).collect(), rule }),
        }
    }

    /// As [`RelPath::new`], from bytes that may not be UTF-8.
    ///
    /// # Errors
    /// As there, and [`PathRule::NotUtf8`].
    pub fn from_bytes(b: &[u8]) -> Result<Self, PathError> {
        match std::str::from_utf8(b) {
            Ok(s) => Self::new(s),
            Err(_) => Err(PathError {
                path: String::from_utf8_lossy(b).chars().take(200).collect(),
                rule: PathRule::NotUtf8,
            }),
        }
    }

    /// Whether it has joiners, selectors or tags, which readers of before refuse wherever they stand.
    pub fn has_joiners(&self) -> bool {
        self.0.chars().any(is_contextual)
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The components, first to last; at least one.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last component.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The path of the folder that it lies in, if that is not the build's root.
    pub fn parent(&self) -> Option<RelPath> {
        self.0.rsplit_once('/').map(|(dir, _)| Self(dir.into()))
    }
}

impl AsRef<str> for RelPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<std::path::Path> for RelPath {
    fn as_ref(&self) -> &std::path::Path {
        std::path::Path::new(&*self.0)
    }
}

impl FromStr for RelPath {
    type Err = PathError;
    fn from_str(s: &str) -> Result<Self, PathError> {
        Self::new(s)
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.0)
    }
}

impl Serialize for RelPath {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::new(&s).map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for RelPath {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Relative path with '/' between components"))
            .into()
    }
}

impl utoipa::ToSchema for RelPath {}

#[derive(Clone, PartialEq, Eq)]
enum Node {
    File,
    Folder(Box<str>),
}

/// The paths of one build, refusing those that can't live beside each other on every system.
#[derive(Default)]
pub struct PathSet {
    nodes: HashMap<String, Node>,
    held: usize,
}

impl PathSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// About what the set takes in memory, in bytes: a short list of deep paths may have many folders.
    pub fn held(&self) -> usize {
        self.held
    }

    fn insert(&mut self, folded: String, node: Node) -> Option<Node> {
        // A place in the table, with what stays free in it.
        const PLACE: usize = 2 * size_of::<(String, Node)>();
        self.held += PLACE + folded.len() + if let Node::Folder(name) = &node { name.len() } else { 0 };
        self.nodes.insert(folded, node)
    }

    /// Adds a file.
    ///
    /// # Errors
    /// [`PathRule::Collision`] or [`PathRule::FileAndFolder`] with what is there already.
    pub fn add_file(&mut self, path: &RelPath) -> Result<(), PathError> {
        self.add_parents(path)?;
        match self.insert(fold(path.as_str()), Node::File) {
            None => Ok(()),
            Some(Node::File) => Err(refuse(path, PathRule::Collision)),
            Some(Node::Folder(_)) => Err(refuse(path, PathRule::FileAndFolder)),
        }
    }

    /// Adds a folder, which may be there already.
    ///
    /// # Errors
    /// As [`PathSet::add_file`].
    pub fn add_folder(&mut self, path: &RelPath) -> Result<(), PathError> {
        self.add_parents(path)?;
        self.add_one_folder(path, path.as_str())
    }

    fn add_parents(&mut self, path: &RelPath) -> Result<(), PathError> {
        for (at, _) in path.as_str().match_indices('/') {
            self.add_one_folder(path, &path.as_str()[..at])?;
        }
        Ok(())
    }

    fn add_one_folder(&mut self, whole: &RelPath, folder: &str) -> Result<(), PathError> {
        match self.nodes.get(&fold(folder)) {
            None => {
                self.insert(fold(folder), Node::Folder(folder.into()));
                Ok(())
            }
            Some(Node::Folder(same)) if &**same == folder => Ok(()),
            Some(Node::Folder(_)) => Err(refuse(whole, PathRule::Collision)),
            Some(Node::File) => Err(refuse(whole, PathRule::FileAndFolder)),
        }
    }
}

fn refuse(path: &RelPath, rule: PathRule) -> PathError {
    PathError { path: path.as_str().chars().take(200).collect(), rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One hostile path a line, `<rule>\t<path with \u{..} escapes>`.
    const HOSTILE: &str = include_str!("../testdata/hostile_paths.tsv");

    fn unescape(s: &str) -> String {
        let mut out = String::new();
        let mut rest = s;
        while let Some(at) = rest.find("\\u{") {
            out.push_str(&rest[..at]);
            let end = rest[at..].find('}').expect("closing brace") + at;
            let code = u32::from_str_radix(&rest[at + 3..end], 16).expect("hex");
            out.push(char::from_u32(code).expect("scalar value"));
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        out
    }

    #[test]
    fn ascii_folds_as_the_tables_say() {
        let all: String = (0..=127u8).map(char::from).collect();
        assert_eq!(fold(&all), fold_by_tables(&all));
    }

    #[test]
    fn hostile_table_is_refused_for_the_stated_reason() {
        let mut seen = 0;
        for line in HOSTILE.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (rule, path) = line.split_once('\t').expect("two columns");
            let path = unescape(path);
            let err = RelPath::new(&path).expect_err(&path);
            let got = format!("{:?}", err.rule);
            assert_eq!(got.split('(').next(), Some(rule), "{path:?}");
            assert!(serde_json::from_value::<RelPath>(path.into()).is_err());
            seen += 1;
        }
        assert!(seen > 50, "the table was read");
    }

    #[test]
    fn long_and_deep() {
        assert_eq!(RelPath::new(&"a".repeat(256)).map_err(|e| e.rule), Err(PathRule::ComponentTooLong));
        assert!(RelPath::new(&"a".repeat(255)).is_ok());
        assert_eq!(RelPath::new(&"ab/".repeat(400)).map_err(|e| e.rule), Err(PathRule::TooLong));
        assert_eq!(RelPath::new(&vec!["a"; 65].join("/")).map_err(|e| e.rule), Err(PathRule::TooDeep));
        assert!(RelPath::new(&vec!["a"; 64].join("/")).is_ok());
        assert_eq!(RelPath::from_bytes(b"a\xc0\xafb").map_err(|e| e.rule), Err(PathRule::NotUtf8));
        assert_eq!(RelPath::from_bytes(b"\xed\xa0\x80").map_err(|e| e.rule), Err(PathRule::NotUtf8));
    }

    #[test]
    fn ordinary_names_pass() {
        for ok in [
            "a",
            "a/b.txt",
            ".hidden",
            "Ünïcode/文件 名",
            "COM10",
            "console",
            "a..b",
            "x.mist/.mistrc",
            "d/.mist",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}/\u{1f469}\u{200d}\u{1f680}.png",
        ] {
            assert!(RelPath::new(ok).is_ok(), "{ok}");
        }
        assert!(RelPath::new("\u{2764}\u{fe0f}").expect("a heart").has_joiners());
        assert!(!RelPath::new("\u{2764}").expect("a heart").has_joiners());
        let refused = RelPath::new("a/b\u{200d}c").expect_err("between letters").to_string();
        assert!(refused.contains("U+200D ZERO WIDTH JOINER"), "{refused}");
    }

    #[test]
    fn a_new_build_has_no_second_name_for_the_control_folder() {
        let rule = |path: &str| publishable(&RelPath::new(path).expect(path)).map_err(|e| e.rule);
        for path in ["MIST~1/x", "mist~1", "Mist~12/a/b", "MI3F0A~1/x", "mi00ff~2"] {
            assert_eq!(rule(path), Err(PathRule::ShortName), "{path}");
        }
        for path in ["desktop.ini", "Desktop.INI", "autorun.inf"] {
            assert_eq!(rule(path), Err(PathRule::FolderFile), "{path}");
        }
        for path in
            ["sub/MIST~1", "MIST~", "MIST~x", "MISTY~1", "MI3F0~1", "mist1", "sub/desktop.ini", "autorun"]
        {
            assert_eq!(rule(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn collisions() {
        let refuse = |files: &[&str]| {
            let mut set = PathSet::new();
            files
                .iter()
                .map(|f| set.add_file(&RelPath::new(f).expect(f)))
                .find_map(Result::err)
                .map(|e| e.rule)
        };
        assert_eq!(refuse(&["a", "b", "c/a", "c/b"]), None);
        assert_eq!(refuse(&["A", "a"]), Some(PathRule::Collision));
        assert_eq!(refuse(&["a", "a"]), Some(PathRule::Collision));
        assert_eq!(refuse(&["straße", "STRASSE"]), Some(PathRule::Collision));
        assert_eq!(refuse(&["\u{e9}", "e\u{301}"]), Some(PathRule::Collision));
        assert_eq!(refuse(&["D/a", "d/b"]), Some(PathRule::Collision));
        assert_eq!(
            refuse(&["\u{2764}", "\u{2764}\u{fe0f}"]),
            Some(PathRule::Collision),
            "they look the same"
        );
        assert_eq!(refuse(&["a", "a/b"]), Some(PathRule::FileAndFolder));
        assert_eq!(refuse(&["a/b", "a"]), Some(PathRule::FileAndFolder));
        assert_eq!(refuse(&["a/b", "A"]), Some(PathRule::FileAndFolder));
    }
}
