//! One function for each command: it parses nothing, does one thing and shows the result.

mod account;
mod audit;
pub(crate) mod builds;
mod client;
mod contents;
mod edit;
mod factor;
pub(crate) mod games;
mod invites;
pub(crate) mod jobs;
mod key;
mod notify;
mod policy;
mod publisher;
mod seal;
mod tokens;

use anyhow::Result;
use mist_command_line::stdout;
use mist_proto::http::PruneRequest;

use crate::{
    api::Api,
    args::{
        Cli, ClientCommand, Command, FactorCommand, InviteCommand, JobsCommand, KeyCommand, NotifyCommand,
        PublisherCommand, TokenCommand,
    },
    home::Home,
    import, push,
    show::Screen,
};

/// Runs `command`.
pub(crate) async fn run(command: Command, screen: Screen) -> Result<()> {
    if let Command::Completions { shell } = command {
        return Ok(stdout::completions::<Cli>(shell, "mistpipe")?);
    }
    let home = Home::from_env(screen)?;
    match command {
        Command::Login(args) => account::login(&home, screen, args).await,
        Command::Logout => account::logout(&home, screen).await,
        Command::Passwd { password_stdin } => {
            account::passwd(&Api::open(&home)?, screen, password_stdin).await
        }
        Command::Invite { command: None, new } => invites::make(&Api::open(&home)?, screen, new).await,
        Command::Invite { command: Some(InviteCommand::Ls), .. } => {
            invites::list(&Api::open(&home)?, screen).await
        }
        Command::Invite { command: Some(InviteCommand::Rm { id }), .. } => {
            invites::remove(&Api::open(&home)?, screen, &id).await
        }
        Command::Reset { user, hours } => invites::reset(&Api::open(&home)?, screen, &user, hours).await,
        Command::Audit(args) => audit::show(&Api::open(&home)?, screen, args).await,
        Command::Seal => seal::show(&Api::open(&home)?, screen).await,
        Command::Factor(FactorCommand::Show) => factor::show(&Api::open(&home)?, screen).await,
        Command::Factor(FactorCommand::Add) => factor::add(&Api::open(&home)?, screen).await,
        Command::Factor(FactorCommand::Confirm { code }) => {
            factor::confirm(&Api::open(&home)?, screen, code).await
        }
        Command::Factor(FactorCommand::Rm { user }) => factor::remove(&Api::open(&home)?, screen, user).await,
        Command::Token(TokenCommand::Add { name, level, days }) => {
            tokens::make(&Api::open(&home)?, screen, &name, level, days).await
        }
        Command::Token(TokenCommand::Ls) => tokens::list(&Api::open(&home)?, screen).await,
        Command::Token(TokenCommand::Rm { id }) => tokens::remove(&Api::open(&home)?, screen, &id).await,
        Command::NewGame(args) => games::new_game(&Api::open(&home)?, screen, args).await,
        Command::Push(args) => push::run(&home, screen, *args).await,
        Command::Import(args) => import::run(&home, screen, *args).await,
        Command::Ls { game: None } => games::list(&Api::open(&home)?, screen).await,
        Command::Ls { game: Some(game) } => builds::list(&Api::open(&home)?, screen, &game).await,
        Command::Rm { target, yes } => builds::remove(&Api::open(&home)?, screen, &target, yes).await,
        Command::ResyncSteam { game } => games::resync(&Api::open(&home)?, screen, game).await,
        Command::Edit(args) => edit::edit(&Api::open(&home)?, screen, *args).await,
        Command::Files { build, search } => contents::files(&Api::open(&home)?, screen, &build, search).await,
        Command::Diff { from, to, limit } => {
            contents::diff(&Api::open(&home)?, screen, &from, &to, limit).await
        }
        Command::Pin { build, off } => edit::pin(&Api::open(&home)?, screen, &build, !off).await,
        Command::Live { build, at, cancel: false } => {
            builds::make_live(&Api::open(&home)?, screen, &build, at).await
        }
        Command::Live { build, .. } => builds::cancel_next(&Api::open(&home)?, screen, &build.game).await,
        Command::Prune { game, keep, younger_than, dry_run, yes } => {
            let asked = PruneRequest { keep_newest: keep, keep_days: younger_than, dry_run };
            builds::prune(&Api::open(&home)?, screen, &game, asked, yes).await
        }
        Command::Policy(args) => policy::run(&Api::open(&home)?, screen, args).await,
        Command::Notify(NotifyCommand::Show) => notify::show(&Api::open(&home)?, screen).await,
        Command::Notify(NotifyCommand::Set) => notify::set(&Api::open(&home)?, screen).await,
        Command::Notify(NotifyCommand::Off) => notify::off(&Api::open(&home)?, screen).await,
        Command::Notify(NotifyCommand::Test) => notify::test(&Api::open(&home)?, screen).await,
        Command::Status { game } => builds::status(&Api::open(&home)?, screen, &game).await,
        Command::Jobs { command: None, open } => jobs::list(&Api::open(&home)?, screen, open).await,
        Command::Jobs { command: Some(JobsCommand::Log { job }), .. } => {
            jobs::log(&Api::open(&home)?, screen, &job).await
        }
        Command::Cancel { job } => jobs::cancel(&Api::open(&home)?, screen, &job).await,
        Command::Retry { job } => jobs::retry(&Api::open(&home)?, screen, &job).await,
        Command::Publisher(PublisherCommand::Ls) => publisher::list(&Api::open(&home)?, screen).await,
        Command::Publisher(PublisherCommand::Add { name, key, yes }) => {
            publisher::add(&home, screen, name, key, yes).await
        }
        Command::Publisher(PublisherCommand::Rm { name }) => publisher::remove(&home, screen, name).await,
        Command::Client(ClientCommand::Ls) => client::list(&Api::open(&home)?, screen).await,
        Command::Client(ClientCommand::Push { files, yes }) => client::push(&home, screen, &files, yes).await,
        Command::Client(ClientCommand::Rm { name }) => {
            client::remove(&Api::open(&home)?, screen, &name).await
        }
        Command::Key(KeyCommand::New) => key::new(&home, screen),
        Command::Key(KeyCommand::Show) => key::show(&home, screen).await,
        Command::Key(KeyCommand::Export { file }) => key::export(&home, screen, &file),
        Command::Key(KeyCommand::Import { file }) => key::import(&home, screen, &file),
        Command::Key(KeyCommand::Rotate { yes }) => key::rotate(&home, screen, yes).await,
        Command::Key(KeyCommand::Recovery { file }) => key::make_recovery(&home, screen, &file).await,
        Command::Key(KeyCommand::Recover { file, yes }) => key::recover(&home, screen, &file, yes).await,
        Command::Completions { .. } => Ok(()),
    }
}
