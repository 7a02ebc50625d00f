//! Command line: what can be typed, and how each command ends.

mod accounts;
mod backup;
mod deep;
mod doctor;
mod follow;
mod history;
mod insurance;
mod lost;
mod rebuild;
mod seeds;
mod serve;
mod settings;
mod stats;
mod swarm;

use std::{io, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use mist_command_line::{logs, stdout, told};
use mist_proto::{
    Slug, Version,
    claims::Scope,
    http::{HistoryBy, INVITE_HOURS, RESET_HOURS, Resolution},
    ids::{PeerName, UserName},
};
use mist_settings::Flags;
use mist_tracker::{
    config::{self, Config},
    control::Refused,
};
use tracing_subscriber::EnvFilter;

const EXAMPLES: &str = "\
Examples:
  tracker serve                                    serve on 127.0.0.1:8080 behind a border proxy
  tracker serve --listen 0.0.0.0:8080              serve a LAN directly
  printf %s \"$PASSWORD\" | tracker user add ann --password-stdin
  tracker user grant ann half-life                 let ann see a private game
  tracker seed add nas                             print the token for `seed-node run`
  tracker stats --watch
  tracker swarm half-life                          who is there, with what
  tracker history --by friend --resolution day     who received how much, for two years
  tracker backup /backup/mist-$(date +%F).zst
  tracker settings                                 what is in force, and where it comes from
  tracker set upload_limit 5MB                     at once; without a value, back to the default

Exit codes: 0 ok, 1 failed or unhealthy, 2 usage, 3 not allowed, 4 not found, 130 interrupted.
Every command takes the same --config and --data-dir as serve, and works while it runs. Every
setting can also come from the file or the environment: see docs/configuration.md.";

/// The server of a Mist: accounts, games, builds and the swarm.
#[derive(Parser)]
#[command(name = "tracker", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where the server's state is.
#[derive(Args)]
struct Place {
    /// Configuration file (TOML).
    #[arg(long, global = true, env = "MIST_TRACKER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Flags<config::Place>,
    /// Say only what was asked for.
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Serve. The first start makes an admin and prints the password once, or takes MIST_ADMIN_PASSWORD.
    Serve(ServeArgs),
    /// Peers, seeds, copies, bytes by source, jobs, stores and health. Exit code 1 if unhealthy.
    Stats {
        /// As one line of JSON.
        #[arg(long, conflicts_with = "watch")]
        json: bool,
        /// Again every two seconds.
        #[arg(long)]
        watch: bool,
    },
    /// Who takes part in a game's swarm now: what each has of its builds and patches, and what each receives and sends.
    Swarm {
        /// Game.
        game: Slug,
        /// Show instead how many friends have each piece of this build's archive.
        #[arg(long, value_name = "VERSION")]
        pieces: Option<Version>,
        /// With --pieces, of the patch from this build to it.
        #[arg(long, value_name = "VERSION", requires = "pieces")]
        from: Option<Version>,
        /// As one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// What friends received, who was online and what stores took, over time, the newest first.
    History {
        /// source, game or friend (bytes that friends received), online (the most at once) or store (the most bytes).
        #[arg(long, default_value = HistoryBy::default().as_str())]
        by: HistoryBy,
        /// minute (of 2 hours), hour (of 14 days) or day (of 2 years).
        #[arg(long, default_value = Resolution::default().as_str())]
        resolution: Resolution,
        /// As one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Seeds that run on their own machine.
    #[command(subcommand)]
    Seed(SeedCommand),
    /// Write the database and the tracker's key into one file. The store is not in it.
    Backup {
        /// The file to make.
        file: PathBuf,
    },
    /// Load a backup into an empty data dir, on either database.
    Restore {
        /// The file that `backup` made.
        file: PathBuf,
    },
    /// Bring the database's schema up to date.
    Migrate,
    /// Look for what is usually set up wrong.
    #[command(group = clap::ArgGroup::new("at_length").args(["insurance", "deep"]))]
    Doctor {
        /// Tell instead how many friends could give each build back if the store were lost, and have random pieces fetched from each
        /// of them to see that they would. Exit code 1 if there is a live build that nobody who is online gave pieces of.
        #[arg(long)]
        insurance: bool,
        /// Have every seed read its whole store again instead, heal what has rotted from other seeds and from friends, and wait for that. A
        /// seed reads at most `scrub_rate` bytes a second, and goes on if this command is stopped. Exit code 1 if something stays rotten.
        #[arg(long, conflicts_with = "insurance")]
        deep: bool,
        /// A line of JSON for each build, or for each seed.
        #[arg(long, requires = "at_length")]
        json: bool,
    },
    /// Make anew what the stores lack, out of what friends and other seeds have, and then the patches between builds. It goes on at the
    /// server if this command is stopped. Exit code 1 if something can't be had.
    Rebuild {
        /// Only this game.
        game: Option<Slug>,
        /// A line of JSON for each job whenever it moves on.
        #[arg(long)]
        json: bool,
    },
    /// The settings in force, and where each value comes from; with the flags of serve, what serve would use.
    Settings {
        #[command(flatten)]
        serve: ServeArgs,
        /// One line of JSON each.
        #[arg(long)]
        json: bool,
    },
    /// Change a setting that may change while the tracker serves, as the portal does; without a value, let its default count again.
    Set {
        /// The setting; `tracker settings` lists them.
        name: String,
        /// Its value, as it would be written in the file.
        value: Option<String>,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Args)]
struct ServeArgs {
    #[command(flatten)]
    settings: Flags<config::Serving>,
    /// Run no seed in this process.
    #[arg(long)]
    no_seed: bool,
}

impl ServeArgs {
    /// What all of its flags say.
    fn flags(mut self, place: Flags<config::Place>) -> Flags<config::Serving> {
        if self.no_seed {
            config::without_seed(&mut self.settings);
        }
        self.settings.with(place)
    }
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make an account.
    Add {
        /// Name to sign in with.
        name: UserName,
        /// Let it manage the server.
        #[arg(long)]
        admin: bool,
        /// Read the password from standard input instead of asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List accounts.
    Ls {
        /// One line of JSON each.
        #[arg(long)]
        json: bool,
    },
    /// End its sessions and let it sign in no more.
    Disable {
        /// Account.
        name: UserName,
    },
    /// Let it sign in again.
    Enable {
        /// Account.
        name: UserName,
    },
    /// Set a new password and end its sessions.
    Passwd {
        /// Account.
        name: UserName,
        /// Read the password from standard input instead of asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a link by which somebody who has lost their password sets a new one.
    Reset {
        /// Account.
        name: UserName,
        /// Hours for which the link is good.
        #[arg(long, default_value_t = RESET_HOURS)]
        hours: u32,
    },
    /// Print a link by which a friend joins with a name and password of their own.
    Invite {
        /// Name that the account gets; whoever joins chooses one if there is none.
        #[arg(long)]
        name: Option<UserName>,
        /// Hours for which the link is good.
        #[arg(long, default_value_t = INVITE_HOURS)]
        hours: u32,
    },
    /// List where it is signed in, the oldest first, or sign it out: for a lost laptop.
    Sessions {
        /// Account.
        name: UserName,
        /// Sign it out where this session is.
        #[arg(long, value_name = "ID", conflicts_with = "end_all")]
        end: Option<String>,
        /// Sign it out everywhere; it can sign in again.
        #[arg(long)]
        end_all: bool,
        /// List them as one line of JSON each.
        #[arg(long, conflicts_with_all = ["end", "end_all"])]
        json: bool,
    },
    /// List the devices from which it takes part in the swarm, or take one away: for a lost laptop.
    Devices {
        /// Account.
        name: UserName,
        /// Take this device away: friends and seeds stop serving it within a minute.
        #[arg(long, value_name = "PEER")]
        remove: Option<PeerName>,
        /// List them as one line of JSON each.
        #[arg(long, conflicts_with = "remove")]
        json: bool,
    },
    /// Remove the second factor of somebody who lost it.
    RmFactor {
        /// Account.
        name: UserName,
    },
    /// Make an account an admin's, or a friend's again.
    Scope {
        /// Account.
        name: UserName,
        /// user or admin.
        scope: Scope,
    },
    /// Let it see a private game.
    Grant {
        /// Account.
        name: UserName,
        /// Game.
        slug: Slug,
    },
    /// Take the right back.
    Revoke {
        /// Account.
        name: UserName,
        /// Game.
        slug: Slug,
    },
    /// Remove the account.
    Rm {
        /// Account.
        name: UserName,
    },
}

#[derive(Subcommand)]
enum SeedCommand {
    /// Add a seed and print its enrolment token, once.
    Add {
        /// Name for people.
        name: UserName,
    },
    /// List seeds.
    Ls {
        /// One line of JSON each.
        #[arg(long)]
        json: bool,
    },
    /// Remove a seed that holds no builds, or one that is gone and whose builds other seeds have too.
    Rm {
        /// Seed.
        name: UserName,
        /// Give up builds that no other seed has; `tracker rebuild` fetches from friends what they have.
        #[arg(long)]
        lose: bool,
    },
}

/// How a command ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Good,
    /// It did what it should, and what it found is bad.
    Unhealthy,
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let cli: Cli = match stdout::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let filter = logs::wanted(&["MIST_LOG"]).and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| {
        let level = if matches!(cli.command, Command::Serve(_)) { "info" } else { "error" };
        EnvFilter::new(level)
    });
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    match logs::asks_for_json("MIST_LOG_FORMAT") {
        Ok(true) => logs.json().init(),
        Ok(false) => logs.init(),
        Err(wrong) => return failed(&anyhow::Error::msg(wrong)),
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed(&anyhow::Error::new(e)),
    };
    match runtime.block_on(Box::pin(dispatch(cli))) {
        Ok(Ending::Good) => ExitCode::SUCCESS,
        Ok(Ending::Unhealthy) => ExitCode::from(1),
        Err(e) => failed(&e),
    }
}

fn failed(e: &anyhow::Error) -> ExitCode {
    if stdout::is_closed(e.chain()) {
        return ExitCode::SUCCESS;
    }
    let code = match e.downcast_ref::<Refused>().map(|r| r.status.as_u16()) {
        Some(401 | 403) => 3,
        Some(404) => 4,
        _ => 1,
    };
    mist_readable::tell(&mist_readable::escaped(&format!("tracker: {}", told(e.chain()))));
    ExitCode::from(code)
}

async fn dispatch(cli: Cli) -> anyhow::Result<Ending> {
    let Place { config: file, settings: place, quiet } = cli.place;
    let file = file.as_deref();
    let load = |place: &Flags<config::Place>| Config::load(place, file);
    match cli.command {
        Command::Serve(args) => serve::run(&Config::load(&args.flags(place), file)?).await,
        Command::Completions { shell } => {
            stdout::completions::<Cli>(shell, "tracker")?;
            Ok(Ending::Good)
        }
        Command::Stats { json, watch } => stats::run(&load(&place)?, json, watch).await,
        Command::Swarm { game, pieces, from, json } => {
            let pieces = pieces.map(|version| swarm::Wanted { version, from });
            swarm::run(&load(&place)?, &game, pieces, json).await
        }
        Command::History { by, resolution, json } => history::run(&load(&place)?, by, resolution, json).await,
        Command::User(command) => accounts::run(&load(&place)?, command, quiet).await,
        Command::Seed(command) => seeds::run(&load(&place)?, command, quiet).await,
        Command::Backup { file: to } => backup::backup(&load(&place)?, &to, quiet).await,
        Command::Restore { file: from } => backup::restore(&load(&place)?, &from, quiet).await,
        Command::Migrate => backup::migrate(&load(&place)?, quiet).await,
        Command::Set { name, value } => settings::set(&load(&place)?, &name, value, quiet).await,
        Command::Settings { serve, json } => {
            settings::run(&Config::load(&serve.flags(place), file)?, json).await
        }
        Command::Doctor { deep: true, json, .. } => deep::run(&load(&place)?, json, quiet).await,
        Command::Doctor { insurance: true, json, .. } => insurance::run(&load(&place)?, json, quiet).await,
        Command::Doctor { .. } => doctor::run(&load(&place)?).await,
        Command::Rebuild { game, json } => rebuild::run(&load(&place)?, game, json, quiet).await,
    }
}

/// Writes a line to standard output.
fn say(line: impl std::fmt::Display) -> Result<(), stdout::Unprinted> {
    stdout::line(&line.to_string())
}
