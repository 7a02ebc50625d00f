//! The command line.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand};
use mist_proto::{
    Slug, UnixMillis, Version,
    http::{GameField, INVITE_HOURS, RESET_HOURS, TOKEN_DAYS, TokenLevel},
    ids::UserName,
    key::ReleaseKey,
    text::Title,
};

const EXAMPLES: &str = "Examples:
  mistpipe login https://mist.example.org --user ada
  mistpipe new-game neon-drift --title \"Neon Drift\"
  mistpipe push ./build --game neon-drift --version 1.0
  mistpipe push ./build --game neon-drift --version 1.1 --dry-run
  mistpipe live neon-drift@1.0
  mistpipe invite --game neon-drift

State is kept in MISTPIPE_HOME, or in `mistpipe` in your configuration folder; one folder serves one server.
Scripts need no session: MIST_TOKEN (or MIST_TOKEN_FILE, a file) and MIST_SERVER say who they are and where.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not signed in or not allowed, 4 not found, 130 interrupted.";

/// Publish builds of your games to your friends.
#[derive(Debug, Parser)]
#[command(name = "mistpipe", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Write results as newline-delimited JSON; fields are only ever added.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write results and errors only.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in at a server.
    Login(LoginArgs),
    /// End the session of this machine.
    Logout,
    /// Change your own password; you are signed out everywhere else.
    Passwd {
        /// Read both from standard input: the present password in the first line, the new one in the second.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make a link by which a friend joins; or list the links, or take one back.
    #[command(args_conflicts_with_subcommands = true)]
    Invite {
        /// What else than making one.
        #[command(subcommand)]
        command: Option<InviteCommand>,
        /// What the link is to be.
        #[command(flatten)]
        new: InviteArgs,
    },
    /// Make a link by which somebody who has lost their password sets a new one.
    Reset {
        /// Their account.
        user: UserName,
        /// Hours for which the link is good.
        #[arg(long, default_value_t = RESET_HOURS)]
        hours: u32,
    },
    /// Show who did what, the newest first.
    Audit(AuditArgs),
    /// Show what friends trust of the server: its key, the keys that sign builds, and the floors of games.
    Seal,
    /// The second factor of your account, which a code is asked for by.
    #[command(subcommand)]
    Factor(FactorCommand),
    /// API tokens, which scripts show instead of a password.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Add a game to the catalogue.
    NewGame(NewGameArgs),
    /// Publish a folder as a build; run the same command again to go on after an interruption.
    Push(Box<PushArgs>),
    /// Publish the versions of an old library as builds, oldest first; run the same command again to go on after an interruption.
    Import(Box<ImportArgs>),
    /// List the games, or the builds of one.
    Ls {
        /// The game.
        game: Option<Slug>,
    },
    /// Remove a build, or a game with all its builds.
    Rm {
        /// SLUG or SLUG@VERSION.
        target: Target,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Fetch title, description and cover from Steam again; what was edited by hand stays.
    ResyncSteam {
        /// The game; every game with an app id if there is none.
        game: Option<Slug>,
    },
    /// Change what friends read about a game, its cover and who sees it, or what is new in a build.
    Edit(Box<EditArgs>),
    /// List the files of a build.
    Files {
        /// SLUG@VERSION.
        build: BuildName,
        /// Only those whose path contains this.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
    },
    /// Show what changed between two builds of a game, and what each file costs in the patch.
    Diff {
        /// SLUG@VERSION of the older build.
        from: BuildName,
        /// SLUG@VERSION, or VERSION alone, of the newer build.
        to: String,
        /// Files at most; 0 for all.
        #[arg(long, default_value_t = 40, value_name = "N")]
        limit: usize,
    },
    /// Keep a build whatever pruning would do.
    Pin {
        /// SLUG@VERSION.
        build: BuildName,
        /// Let pruning have it again.
        #[arg(long)]
        off: bool,
    },
    /// Make a build the one that friends get by default.
    Live {
        /// SLUG@VERSION; SLUG alone with --cancel.
        build: Target,
        /// Do it by itself at this time: unix milliseconds, or in so many minutes, hours or days, as 90m, 12h or 2d.
        #[arg(long, value_name = "WHEN", conflicts_with = "cancel")]
        at: Option<When>,
        /// Let no build go live by itself.
        #[arg(long)]
        cancel: bool,
    },
    /// Remove old builds; the live one, pinned and unfinished ones stay, and what stays can be had as before.
    Prune {
        /// The game.
        game: Slug,
        /// The newest builds that stay.
        #[arg(long, value_name = "N")]
        keep: u32,
        /// Days for which a build stays in any case.
        #[arg(long, value_name = "DAYS")]
        younger_than: Option<u32>,
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Let the server prune by itself, once a day and after a build went live; or show by what it does.
    Policy(PolicyArgs),
    /// Tell on Discord what happens.
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// Show a game, its newest builds and what works on them.
    Status {
        /// The game.
        game: Slug,
    },
    /// List the seed's jobs, newest first; or show what happened to one.
    #[command(args_conflicts_with_subcommands = true)]
    Jobs {
        /// What else than listing them.
        #[command(subcommand)]
        command: Option<JobsCommand>,
        /// Only those that are not done.
        #[arg(long)]
        open: bool,
    },
    /// End a job that waits or runs; it can be run again.
    Cancel {
        /// Id of the job, as `mistpipe jobs` shows it.
        job: String,
    },
    /// Run a failed job again.
    Retry {
        /// Id of the job, as `mistpipe jobs` shows it.
        job: String,
    },
    /// The key that signs your builds.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Who may sign builds beside you, each with a key of their own.
    #[command(subcommand)]
    Publisher(PublisherCommand),
    /// The client's own packages, which friends download from the server's page and update themselves by.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Print a completion script, e.g. for `source <(mistpipe completions bash)`.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub(crate) struct InviteArgs {
    /// Name that the account gets; whoever joins chooses one if there is none.
    #[arg(long)]
    pub(crate) name: Option<UserName>,
    /// A private game that the account sees from the start; may be given several times.
    #[arg(long = "game", value_name = "GAME")]
    pub(crate) games: Vec<Slug>,
    /// Accounts that the link may make.
    #[arg(long, default_value_t = 1)]
    pub(crate) uses: u32,
    /// Hours for which it is good.
    #[arg(long, default_value_t = INVITE_HOURS)]
    pub(crate) hours: u32,
    /// What to call it in the list.
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Only what this account did.
    #[arg(long)]
    pub(crate) who: Option<String>,
    /// Only this action, such as user.sign_in, or those of this kind, such as user.
    #[arg(long)]
    pub(crate) what: Option<String>,
    /// Only what was done to something that has this in its name.
    #[arg(long)]
    pub(crate) on: Option<String>,
    /// Only what was done within so many days.
    #[arg(long)]
    pub(crate) days: Option<u32>,
    /// Entries at most.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: u16,
}

/// What `invite` does besides making a link.
#[derive(Debug, Subcommand)]
pub(crate) enum InviteCommand {
    /// List the links that were made.
    Ls,
    /// Take a link back.
    Rm {
        /// Its id, as `mistpipe invite ls` shows it.
        id: String,
    },
}

const POLICY_HELP: &str = "Examples:
  mistpipe policy neon-drift --keep 5 --younger-than 30
  mistpipe policy neon-drift --default
  mistpipe policy --keep 10          (for all games that have no policy of their own)

The live build, one that is to go live, pinned and unfinished ones stay in any case. Unless somebody sets a policy every build is kept.";

/// Arguments of `policy`.
#[derive(Debug, Args)]
#[command(after_help = POLICY_HELP)]
pub(crate) struct PolicyArgs {
    /// The game; all games that have no policy of their own if there is none.
    pub(crate) game: Option<Slug>,
    /// The newest builds that stay.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep: Option<u32>,
    /// Days for which a build stays in any case.
    #[arg(long, value_name = "DAYS", requires = "keep")]
    pub(crate) younger_than: Option<u32>,
    /// Keep every build.
    #[arg(long, conflicts_with_all = ["keep", "default"])]
    pub(crate) never: bool,
    /// Let the game go by the policy for all games again.
    #[arg(long, conflicts_with = "keep", requires = "game")]
    pub(crate) default: bool,
    /// Only say what would go.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// What `jobs` does besides listing them.
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// Show what happened to a job, line by line, and how long after it was made.
    Log {
        /// Id of the job, as `mistpipe jobs` shows it.
        job: String,
    },
}

/// What `factor` does.
#[derive(Debug, Subcommand)]
pub(crate) enum FactorCommand {
    /// Show whether a code is asked for at your sign-ins, and how many recovery codes are left.
    Show,
    /// Set one up: shows a QR code and its key for an authenticator, asks for the first code, and prints recovery codes, once.
    Add,
    /// Show the first code of one that was begun where there was no terminal; prints recovery codes, once.
    Confirm {
        /// The code that the authenticator shows.
        code: String,
    },
    /// Remove it; the password alone signs in then.
    Rm {
        /// Another account, whose owner lost authenticator and recovery codes.
        #[arg(long)]
        user: Option<UserName>,
    },
}

/// What `token` does.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make one and print it, once. It is for MIST_TOKEN, or for a file that MIST_TOKEN_FILE names.
    Add {
        /// What to call it, e.g. by the script that shows it.
        name: String,
        /// read, publish or admin; each includes those before it.
        #[arg(long, default_value = "publish")]
        level: TokenLevel,
        /// Days for which it is good.
        #[arg(long, default_value_t = TOKEN_DAYS)]
        days: u32,
    },
    /// List the tokens of all admins.
    Ls,
    /// Let a token count no more.
    Rm {
        /// Its id, as `mistpipe token ls` shows it.
        id: String,
    },
}

/// Arguments of `login`.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Address of the server, e.g. https://mist.example.org.
    pub(crate) url: String,
    /// Account; it must be an admin's to publish.
    #[arg(long)]
    pub(crate) user: UserName,
    /// Read the password from standard input instead of asking (or set MIST_PASSWORD).
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Code of your authenticator, or a recovery code; asked for if it is needed.
    #[arg(long)]
    pub(crate) code: Option<String>,
}

/// Arguments of `new-game`.
#[derive(Debug, Args)]
pub(crate) struct NewGameArgs {
    /// Key of the game: lower-case letters, digits and hyphens.
    pub(crate) slug: Slug,
    /// Title that friends see.
    #[arg(long)]
    pub(crate) title: Option<Title>,
    /// Steam application id, to take title, description and cover from.
    #[arg(long)]
    pub(crate) app_id: Option<u32>,
    /// Show it only to friends whom you grant it.
    #[arg(long)]
    pub(crate) private: bool,
}

const EDIT_HELP: &str = "Examples:
  mistpipe edit neon-drift --title \"Neon Drift\" --description-file about.txt --cover cover.png
  mistpipe edit neon-drift --app-id 2310 --reset title --reset cover
  mistpipe edit neon-drift@1.1 --notes-file changes.txt

What you write wins over what Steam says, until it is reset.";

/// Arguments of `edit`.
#[derive(Debug, Args)]
#[command(after_help = EDIT_HELP)]
pub(crate) struct EditArgs {
    /// SLUG, or SLUG@VERSION for what is new in a build.
    pub(crate) target: Target,
    /// Title that friends see.
    #[arg(long)]
    pub(crate) title: Option<Title>,
    /// Text that friends read, as plain text; an empty one takes it away.
    #[arg(long, value_name = "TEXT", conflicts_with = "description_file")]
    pub(crate) description: Option<String>,
    /// Read the text from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) description_file: Option<PathBuf>,
    /// Steam application id, to take title, description and cover from.
    #[arg(long, conflicts_with = "no_app_id")]
    pub(crate) app_id: Option<u32>,
    /// Forget the Steam application; what came from there stays.
    #[arg(long)]
    pub(crate) no_app_id: bool,
    /// Show it only to friends whom you grant it.
    #[arg(long, conflicts_with = "public")]
    pub(crate) private: bool,
    /// Show it to every friend.
    #[arg(long)]
    pub(crate) public: bool,
    /// Take this PNG, JPEG or WebP picture as the cover.
    #[arg(long, value_name = "FILE", conflicts_with = "no_cover")]
    pub(crate) cover: Option<PathBuf>,
    /// Take the cover away.
    #[arg(long)]
    pub(crate) no_cover: bool,
    /// Let Steam's word stand again; may be repeated.
    #[arg(long, value_name = "FIELD", value_parser = field)]
    pub(crate) reset: Vec<GameField>,
    /// What is new in the build, as plain text.
    #[arg(long, value_name = "TEXT", conflicts_with = "notes_file")]
    pub(crate) notes: Option<String>,
    /// Read what is new in the build from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) notes_file: Option<PathBuf>,
}

fn field(name: &str) -> Result<GameField, String> {
    let found = GameField::ALL.into_iter().find(|field| field.to_string() == name);
    found.ok_or_else(|| "it is title, description or cover".into())
}

const PUSH_HELP: &str = "A file `mist.toml` in the folder says how to start the game:

  [[launch]]
  name = \"Play\"              # default
  platform = \"linux\"         # any (default), linux, windows or macos
  path = \"bin/game\"
  args = [\"--fullscreen\"]
  working_dir = \"bin\"

A file `.mistignore` lists globs of what to leave out, one a line; `!` takes back, `/` at the start means the
top folder, `/` at the end means folders only. Both may be saved as UTF-8 or UTF-16, by any editor.

What looks like a secret (keys, .env) or a leftover is named, and asked about if the build before had no such file.";

/// Arguments of `push`.
#[derive(Debug, Args)]
#[command(after_help = PUSH_HELP)]
pub(crate) struct PushArgs {
    /// Folder with the build.
    pub(crate) dir: PathBuf,
    /// Game that it belongs to.
    #[arg(long)]
    pub(crate) game: Slug,
    /// Label of the build, new within the game.
    #[arg(long, required_unless_present = "version_file")]
    pub(crate) version: Option<Version>,
    /// Take the label from the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "version")]
    pub(crate) version_file: Option<PathBuf>,
    /// Only list what is NEW, MODIFIED, RENAMED, DELETED and SAME against the newest build, and foretell the patch that friends fetch.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do nothing if the folder equals the newest build.
    #[arg(long)]
    pub(crate) if_changed: bool,
    /// Leave out what fits this glob; may be repeated.
    #[arg(long, value_name = "GLOB")]
    pub(crate) ignore: Vec<String>,
    /// Do not make it the build that friends get by default.
    #[arg(long)]
    pub(crate) no_live: bool,
    /// Program of the build that starts the game, in place of `mist.toml`; `PLATFORM:PATH` for one system only.
    #[arg(long, value_name = "PATH", conflicts_with = "launch_file")]
    pub(crate) launch: Vec<String>,
    /// Read the launch entries from this file in place of `mist.toml`.
    #[arg(long, value_name = "FILE")]
    pub(crate) launch_file: Option<PathBuf>,
    /// Publish what looks like a secret or a leftover without asking.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Never let an older build become live again, e.g. because it is dangerous.
    #[arg(long)]
    pub(crate) raise_floor: bool,
}

const IMPORT_HELP: &str = "An old library is a folder with games/TITLE/ in it, and in each of these

  base_version.7z            the oldest version
  depot/                     the files of the newest version
  manifests/TITLE.json       what is known of the game
  manifests/VERSION.json     the SHA-256 of each file of a version
  deltas/VERSION/            what changed: delta_manifest.json, new_files/, and patches by HDiffPatch

Every version is rebuilt in a temporary folder, held against its SHA-256 manifest, signed on this machine and pushed. What can't be had
is named with the reason, and the exit code is 1 then. The newest version of each game is live in the end.

Examples:
  mistpipe import /mnt/old --dry-run
  mistpipe import /mnt/old --only \"Neon Drift\" --work /mnt/big/tmp";

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_HELP)]
pub(crate) struct ImportArgs {
    /// Folder of the library.
    pub(crate) dir: PathBuf,
    /// Only this game, by the name of its folder; may be repeated.
    #[arg(long, value_name = "TITLE")]
    pub(crate) only: Vec<String>,
    /// Rebuild and check every version, and send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Folder on a disk with room for two versions, in place of the system's for temporary files.
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
    /// Program that applies the patches, called with old file, patch and new file; else `hpatchz` of the PATH.
    #[arg(long, value_name = "FILE")]
    pub(crate) hpatchz: Option<PathBuf>,
    /// Key of a game, if its name is not to become it: TITLE=SLUG; may be repeated.
    #[arg(long, value_name = "TITLE=SLUG", value_parser = titled_slug)]
    pub(crate) slug: Vec<(String, Slug)>,
    /// Show new games only to friends whom you grant them.
    #[arg(long)]
    pub(crate) private: bool,
    /// Make no build the one that friends get by default.
    #[arg(long)]
    pub(crate) no_live: bool,
}

fn titled_slug(text: &str) -> Result<(String, Slug), String> {
    let (title, slug) = text.rsplit_once('=').ok_or("use TITLE=SLUG")?;
    Ok((title.to_owned(), slug.parse::<Slug>().map_err(|e| e.to_string())?))
}

/// What `notify` does.
#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Show what is told, and how that went.
    Show,
    /// Take a webhook of Discord from standard input; it is a secret and never shown again.
    Set,
    /// Tell nothing any more.
    Off,
    /// Send a message to see whether it arrives.
    Test,
}

/// A time ahead: a moment, or so long from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// At this moment.
    At(UnixMillis),
    /// In so many milliseconds.
    In(i64),
}

impl FromStr for When {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let minutes = |unit| match unit {
            'm' => Some(1),
            'h' => Some(60),
            'd' => Some(24 * 60),
            _ => None,
        };
        let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
        let unit = s.chars().last().and_then(minutes);
        if let Some((unit, n)) = unit.and_then(|unit| Some((unit, number(&s[..s.len() - 1])?))) {
            return Ok(Self::In(n * unit * 60_000));
        }
        match s.parse() {
            Ok(millis) if millis > 1_000_000_000_000 => Ok(Self::At(UnixMillis(millis))),
            _ => Err("use 90m, 12h or 2d, or a time in unix milliseconds".into()),
        }
    }
}

/// What `publisher` does.
#[derive(Debug, Subcommand)]
pub(crate) enum PublisherCommand {
    /// List them.
    Ls,
    /// Let the holder of a key sign builds; friends' programs follow by themselves.
    Add {
        /// What to call them.
        name: UserName,
        /// The public key, as `mistpipe key new` or `mistpipe key show` prints it on their machine.
        key: ReleaseKey,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Let somebody sign no more builds; those that they signed stay.
    Rm {
        /// What you called them.
        name: UserName,
    },
}

/// What `client` does.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// List what is offered.
    Ls,
    /// Sign packages by the release key of this machine and offer them in place of those before.
    #[command(after_help = "Example: mistpipe client push dist/desktop/*.tar.zst dist/desktop/*.deb\n\n\
        The names say what is in the files, as `./dev dist --desktop` makes them. A version that was offered once can't be \
        taken back from those who have it: what comes next needs a higher one.")]
    Push {
        /// The packages.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Offer a package no longer; who has it keeps it.
    Rm {
        /// Its name, as `mistpipe client ls` shows it.
        name: String,
    },
}

/// What `key` does.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show its fingerprint and whether the server knows it.
    Show,
    /// Make a key on this machine, for whoever has the release key to name you a publisher by.
    New,
    /// Write a copy of it to a file, as a backup or for another machine.
    Export {
        /// New file; whoever reads it can publish builds.
        file: PathBuf,
    },
    /// Take the key of a file as this machine's.
    Import {
        /// File that `mistpipe key export` wrote.
        file: PathBuf,
    },
    /// Replace it by a new one; friends' programs follow by themselves.
    Rotate {
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Make another key that can take over if this one is lost, and write it to a file to be kept offline.
    Recovery {
        /// New file; whoever reads it can take over publishing.
        file: PathBuf,
    },
    /// Take over with a recovery key: the release key is lost, or in wrong hands.
    Recover {
        /// File that `mistpipe key recovery` wrote.
        file: PathBuf,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
}

/// A game, or one build of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The game.
    pub(crate) game: Slug,
    /// The build.
    pub(crate) version: Option<Version>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let (game, version) = match s.split_once('@') {
            None => (s, None),
            Some((game, version)) => (game, Some(version)),
        };
        let version = version.map(Version::from_str).transpose().map_err(|e| e.to_string())?;
        Ok(Self { game: game.parse::<Slug>().map_err(|e| e.to_string())?, version })
    }
}

/// One build of a game: SLUG@VERSION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildName {
    /// The game.
    pub(crate) game: Slug,
    /// The build.
    pub(crate) version: Version,
}

impl FromStr for BuildName {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let target: Target = s.parse()?;
        let version = target.version.ok_or("name the build too, as SLUG@VERSION")?;
        Ok(Self { game: target.game, version })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_ahead() {
        assert_eq!("90m".parse(), Ok(When::In(90 * 60_000)));
        assert_eq!("2d".parse(), Ok(When::In(2 * 86_400_000)));
        assert_eq!("1800000000000".parse(), Ok(When::At(UnixMillis(1_800_000_000_000))));
        for bad in ["", "d", "5", "-1h", "1w", "20:00", "é"] {
            assert!(bad.parse::<When>().is_err(), "{bad}");
        }
    }

    #[test]
    fn targets() {
        let target: Target = "a@1.0".parse().unwrap();
        assert_eq!((target.game.as_str(), target.version.unwrap().as_str()), ("a", "1.0"));
        assert_eq!("a".parse::<Target>().unwrap().version, None);
        for bad in ["", "@1", "a@", "A", "a@1@2", "a@.."] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
        assert!("a".parse::<BuildName>().is_err());
    }

    #[test]
    fn a_bad_version_is_refused_before_anything_else() {
        let parsed = Cli::try_parse_from(["mistpipe", "push", "x", "--game", "a", "--version", "../1"]);
        assert_eq!(parsed.unwrap_err().exit_code(), 2);
    }
}
