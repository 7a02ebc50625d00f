//! The command line as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use mist_client_core::{Schedule, SecretStore, settings};
use mist_proto::{Slug, Version, ids::UserName};

/// Install, update, share and play your group's games.
#[derive(Parser)]
#[command(
    name = "mist",
    version,
    max_term_width = 100,
    after_help = "Examples:\n  \
        mist join 'LINK'                 make an account by a link that somebody sent you\n  \
        mist login https://mist.example.org --user ann\n  \
        mist library\n  \
        mist install quake --dir ~/games/quake\n  \
        mist update                  update every game\n  \
        mist switch quake@1.2        go back, or stay on a build\n  \
        mist rollback quake          back to the build before, without the network\n  \
        mist seed                    share what is installed until Ctrl-C\n  \
        mist queue                   see what is under way, also in other terminals\n\n\
        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not signed in or not allowed, 4 not found, 130 interrupted."
)]
pub(crate) struct Cli {
    /// Folder of this client's state [default: the system's folder for application data]
    #[arg(long, env = "MIST_HOME", global = true, value_name = "DIR", hide_env_values = true)]
    pub(crate) home: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How to talk.
#[derive(Args, Clone, Copy)]
pub(crate) struct Output {
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What to do while the work goes on in another process.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Following {
    /// Where another process does the work, such as `mist seed`: hand it over and return at once
    #[arg(long, conflicts_with = "wait")]
    pub(crate) detach: bool,
    /// Where another process does the work: keep waiting for it after Ctrl-C too; a second Ctrl-C detaches
    #[arg(long)]
    pub(crate) wait: bool,
}

/// A game, or one build of it: `SLUG` or `SLUG@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GameSpec {
    pub(crate) game: Slug,
    pub(crate) version: Option<Version>,
}

impl std::str::FromStr for GameSpec {
    type Err = mist_proto::ids::InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (game, version) = match text.split_once('@') {
            Some((game, version)) => (game, Some(version.parse()?)),
            None => (text, None),
        };
        Ok(Self { game: game.parse()?, version })
    }
}

/// One build: `SLUG@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildSpec {
    pub(crate) game: Slug,
    pub(crate) version: Version,
}

impl std::str::FromStr for BuildSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let spec: GameSpec = text.parse().map_err(|e: mist_proto::ids::InvalidName| e.to_string())?;
        let version = spec.version.ok_or("name the version too: SLUG@VERSION")?;
        Ok(Self { game: spec.game, version })
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Sign in at your group's server
    #[command(after_help = "The password is asked for, or read from standard input:\n  \
        pass show mist | mist login https://mist.example.org --user ann --password-stdin")]
    Login {
        /// Address of the server
        url: String,
        /// Your account
        #[arg(long)]
        user: UserName,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Code of your authenticator, or a recovery code [default: asked for if it is needed]
        #[arg(long)]
        code: Option<String>,
        /// Name of this device for others to see [default: the host's name]
        #[arg(long)]
        device: Option<String>,
        /// Trust the keys that the server shows now, whatever was trusted before
        #[arg(long)]
        trust_new_server: bool,
    },
    /// Join your group by a link that somebody sent you, or set a lost password anew
    #[command(
        after_help = "The link goes into quotes. Name and password are asked for, unless standard input has the password:\n  \
        pass show mist | mist join 'https://mist.example.org/join/…#…' --user ann --password-stdin"
    )]
    Join {
        /// The whole link
        link: String,
        /// Name that you want to have there, if the link names none
        #[arg(long)]
        user: Option<UserName>,
        /// Read the password that you want to have from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Code of your authenticator, or a recovery code, where a lost password is set anew [default: asked for if it is needed]
        #[arg(long)]
        code: Option<String>,
        /// Name of this device for others to see [default: the host's name]
        #[arg(long)]
        device: Option<String>,
    },
    /// Change your password; you are signed out everywhere else
    Passwd {
        /// Read both from standard input: the present password in the first line, the new one in the second
        #[arg(long)]
        password_stdin: bool,
    },
    /// Sign out; installed games stay
    Logout,
    /// List the games that you can install, or the builds of one
    Library {
        /// Show this game's builds
        game: Option<Slug>,
    },
    /// Write the picture of a game into a file
    #[command(after_help = "Example: mist cover quake quake.jpg")]
    Cover {
        /// The game
        game: Slug,
        /// The file, a JPEG
        file: PathBuf,
        /// The small one, of at most 320 pixels a side
        #[arg(long)]
        small: bool,
    },
    /// Install a game, go on with an interrupted install, or adopt a folder that has its files
    #[command(after_help = "Examples:\n  mist install quake\n  mist install quake@1.2 --dir /games/quake")]
    Install {
        /// Game, and build if not the live one
        #[arg(value_name = "SLUG[@VERSION]")]
        game: GameSpec,
        /// Folder to install into
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Say what it would take, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        following: Following,
    },
    /// Bring a game, or all of them, to the live build
    #[command(
        after_help = "Examples:\n  mist update\n  mist update quake --dry-run\n  mist update quake --ahead\n\n\
        `mist status` says which builds go live later. What was fetched ahead is put in place once its build is live, by `mist seed`, \
        the desktop client or `mist update`. With `mist settings --auto-update true` both happens by itself."
    )]
    Update {
        /// The game; all if there is none
        game: Option<Slug>,
        /// Fetch what the build takes that goes live later, and leave the game as it is until then
        #[arg(long)]
        ahead: bool,
        /// Say what it would take, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        following: Following,
    },
    /// Bring a game to another build, older or newer
    Switch {
        /// The build
        #[arg(value_name = "SLUG@VERSION")]
        build: BuildSpec,
        /// Say what it would take, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        following: Following,
    },
    /// Bring a game back to the build that it had before, without the network
    #[command(after_help = "Examples:\n  mist rollback quake\n  mist rollback quake --to 1.0\n\n\
        What that takes is kept after an update, within a bound: see `mist settings --keep-previous`. `mist status` names the \
        build. To any other build goes `mist switch`.")]
    Rollback {
        /// The game
        game: Slug,
        /// The build; it has to be the one that is kept
        #[arg(long, value_name = "VERSION")]
        to: Option<Version>,
        /// Say what it would take, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        following: Following,
    },
    /// Read every file of a game and compare it with the signed list
    Verify {
        /// The game
        game: Slug,
        #[command(flatten)]
        following: Following,
    },
    /// Verify a game and fetch what is wrong, and only that
    Repair {
        /// The game
        game: Slug,
        #[command(flatten)]
        following: Following,
    },
    /// Say where a game's folder is now, such as after it was moved; nothing is fetched
    #[command(after_help = "Example: mist locate quake /media/games/quake\n\n\
        Every file is read and compared with the signed list. `mist repair` fetches what differs.")]
    Locate {
        /// The game
        game: Slug,
        /// Its folder
        dir: PathBuf,
        #[command(flatten)]
        following: Following,
    },
    /// Look through a folder for games that are there already, and take over what was found
    #[command(
        after_help = "Examples:\n  mist scan /media/big             only says what is there\n  mist scan /media/big --adopt     takes it over\n\n\
        A game is found by names and sizes of its files, and by the content of some. Taking over reads every file and compares it with the \
        signed list; `mist repair` fetches what differs."
    )]
    Scan {
        /// The folder
        dir: PathBuf,
        /// Take over what was found: of each game the folder with the most of it
        #[arg(long)]
        adopt: bool,
    },
    /// Bring a game's folder to another place or disk, with all that is in it; nothing is fetched
    #[command(after_help = "Example: mist move quake /media/big/quake\n\n\
        On another disk every file is compared with the signed list before the old folder goes.")]
    Move {
        /// The game
        game: Slug,
        /// Its new folder: not there yet, or empty
        dir: PathBuf,
        /// Say what it would take, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        following: Following,
    },
    /// List what was put aside because a build needed its place, or put it back
    #[command(
        after_help = "Examples:\n  mist kept quake\n  mist kept quake --restore saves\n  mist kept quake --restore-all"
    )]
    Kept {
        /// The game
        game: Slug,
        /// Put back what was at this path in the game's folder, or below it
        #[arg(long, value_name = "PATH", conflicts_with = "restore_all")]
        restore: Option<String>,
        /// Put everything back
        #[arg(long)]
        restore_all: bool,
    },
    /// Remove a game's own files; saves and mods stay
    Uninstall {
        /// The game
        game: Slug,
        #[command(flatten)]
        following: Following,
    },
    /// Share what is installed with friends until Ctrl-C; other commands work beside it
    Seed,
    /// Show what is under way, what waits, and what ended not long ago; or change the order
    #[command(after_help = "Examples:\n  \
        mist queue\n  \
        mist queue --first quake      what waits of quake comes before all others that wait\n  \
        mist queue --first 12         the operation with that number")]
    Queue {
        /// Let this game, or the operation with this number, have its turn before all others that wait
        #[arg(long, value_name = "GAME|NUMBER")]
        first: Option<Slug>,
    },
    /// Pause an operation, or all; what arrived is kept
    #[command(
        after_help = "Examples:\n  mist pause quake\n  mist pause 12      by its number in `mist queue`"
    )]
    Pause {
        /// Games or numbers of operations; all if there is none
        #[arg(value_name = "GAME|NUMBER")]
        which: Vec<Slug>,
    },
    /// Go on with a paused operation, or with all, until they end
    Resume {
        /// Games or numbers of operations; all if there is none
        #[arg(value_name = "GAME|NUMBER")]
        which: Vec<Slug>,
        #[command(flatten)]
        following: Following,
    },
    /// Give an operation up; the game becomes what it was before
    Cancel {
        /// Games or numbers of operations
        #[arg(value_name = "GAME|NUMBER", required = true)]
        which: Vec<Slug>,
    },
    /// End the Mist that runs for this home, such as `mist seed`; what it does goes on at the next start
    Stop,
    /// Show the server, and every game on this machine
    Status,
    /// Start a game as it is
    #[command(after_help = "Example: mist launch quake -- +map e1m1")]
    Launch {
        /// The game
        game: Slug,
        /// Start this entry of the game instead of the first
        #[arg(long)]
        entry: Option<String>,
        /// Arguments for the game
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Show or choose what a game's builds for Windows run by here: Wine or Proton
    #[command(
        after_help = "Examples:\n  mist runner quake                      what there is, and what is taken\n  \
        mist runner quake --use /usr/bin/wine\n  mist runner quake --use none           what is taken by itself"
    )]
    Runner {
        /// The game
        game: Slug,
        /// The program: Wine, or the `proton` of a version of it; `none` for what is taken by itself
        #[arg(long = "use", value_name = "PATH|none")]
        program: Option<PathBuf>,
    },
    /// Put a game into the menu of your desktop, or take it out
    #[command(after_help = "Example: mist shortcut quake")]
    Shortcut {
        /// The game
        game: Slug,
        /// Take it out
        #[arg(long)]
        remove: bool,
    },
    /// Update Mist itself to the version that your group's server offers, if it was unpacked from a package
    #[command(
        after_help = "Examples:\n  mist self-update --check      only says whether there is one\n  mist self-update\n\n\
        Only what your group's release key has signed is taken, and never an older version."
    )]
    SelfUpdate {
        /// Only say whether there is one
        #[arg(long)]
        check: bool,
    },
    /// Look for the usual misconfigurations
    Doctor,
    /// Print what helps whoever helps you: checks, settings, games and what was done last, without secrets
    #[command(
        after_help = "Look at it before you give it to anybody:\n  mist diagnostics > diagnostics.json"
    )]
    Diagnostics,
    /// Show or change the settings
    #[command(after_help = "Rates are bytes per second, e.g. 500K or 2M, or `none`:\n  \
        mist settings --up 500K --down none\n\
        A schedule is times of the day, on some days of the week or all, with the limit from then on, or `off`; it wins:\n  \
        mist settings --up-schedule '08:00,512k 23:00,off Sat-Sun-10:00,off'\n\n\
        Each can also come from the environment, which wins, e.g. MIST_UP=500K mist seed")]
    Settings(SettingsArgs),
    /// Print completions for a shell
    #[command(after_help = "Example: mist completions bash > /etc/bash_completion.d/mist")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A limit in bytes per second, or none: a flag of its own type, as clap takes an `Option` for a flag that may be left away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate(pub(crate) Option<u64>);

fn rate(text: &str) -> Result<Rate, String> {
    settings::rate(text).map(Rate)
}

#[derive(Args)]
pub(crate) struct SettingsArgs {
    /// Whether games are brought to their live builds by themselves, and what goes live later is fetched before
    #[arg(long, value_name = "BOOL")]
    pub(crate) auto_update: Option<bool>,
    /// Limit on what is sent to others
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) up: Option<Rate>,
    /// Limit on what is received
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) down: Option<Rate>,
    /// When the limit on what is sent changes, or `none`
    #[arg(long, value_name = "TIMES", value_parser = settings::schedule)]
    pub(crate) up_schedule: Option<Schedule>,
    /// When the limit on what is received changes, or `none`
    #[arg(long, value_name = "TIMES", value_parser = settings::schedule)]
    pub(crate) down_schedule: Option<Schedule>,
    /// Limit on what is sent while a game runs
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) up_playing: Option<Rate>,
    /// Limit on what is received while a game runs
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) down_playing: Option<Rate>,
    /// Whether what is to be fetched waits, and nothing is sent, while the network is metered
    #[arg(long, value_name = "BOOL")]
    pub(crate) wait_metered: Option<bool>,
    /// The same while the machine runs on its battery
    #[arg(long, value_name = "BOOL")]
    pub(crate) wait_battery: Option<bool>,
    /// Whether the limits count on the local network too
    #[arg(long, value_name = "BOOL")]
    pub(crate) limit_lan: Option<bool>,
    /// Whether to find friends on the local network
    #[arg(long, value_name = "BOOL")]
    pub(crate) lan_discovery: Option<bool>,
    /// Room for kept patches, e.g. 4G
    #[arg(long, value_name = "SIZE", value_parser = mist_readable::parse_limit)]
    pub(crate) patch_cache: Option<u64>,
    /// Size from which files are patched where they are, e.g. 1G
    #[arg(long, value_name = "SIZE", value_parser = mist_readable::parse_limit)]
    pub(crate) patch_from: Option<u64>,
    /// Room in each game's folder for what going back to the build before takes, e.g. 5G, or `none`
    #[arg(long, value_name = "SIZE", value_parser = settings::room)]
    pub(crate) keep_previous: Option<u64>,
    /// Folders that games are installed into, the usual one first, e.g. /games,/media/big/games; none for Mist's own
    #[arg(long, value_name = "DIR", value_delimiter = ',')]
    pub(crate) library_folders: Option<Vec<PathBuf>>,
    /// Where the session is kept: file or keyring
    #[arg(long, value_name = "PLACE", value_parser = settings::secrets)]
    pub(crate) secrets: Option<SecretStore>,
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
    fn games_and_builds() {
        let spec: GameSpec = "quake@1.2".parse().expect("valid");
        assert_eq!((spec.game.as_str(), spec.version.map(|v| v.to_string())), ("quake", Some("1.2".into())));
        assert!("quake".parse::<GameSpec>().is_ok_and(|s| s.version.is_none()));
        assert!("quake@".parse::<GameSpec>().is_err());
        assert!("quake".parse::<BuildSpec>().is_err());
        assert!("Quake@1".parse::<BuildSpec>().is_err());
    }

    #[test]
    fn every_setting_can_be_changed() {
        let cli = Cli::command();
        let command = cli.find_subcommand("settings").expect("a command");
        let flags: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long()).collect();
        for setting in settings::SETTINGS {
            let flag = setting.flag().expect("it is no secret");
            assert!(flags.contains(&flag.as_str()), "--{flag}");
        }
    }

    #[test]
    fn rates() {
        assert_eq!(rate("none"), Ok(Rate(None)));
        assert_eq!(rate("2MB"), Ok(Rate(Some(2_000_000))));
        assert!(rate("0").is_err() && rate("much").is_err());
    }
}
