//! One function a command: ask the engine, show the answer.

mod account;
mod games;
mod queue;
mod runner;
mod scan;
mod self_update;
mod settings;
mod views;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use mist_client_core::{Delta, Error, Event, Home, Rev};
use mist_client_view::{Face, Failure, Reply};

use crate::{
    args::{Command, Output},
    interrupts::Interrupts,
    show::{View, note},
};

/// Exit code of a program that was interrupted.
const INTERRUPTED: u8 = 130;

/// The command line makes no sense here.
#[derive(Debug)]
pub(crate) struct Usage(&'static str);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Usage {}

/// What a command works with.
struct Session<'a> {
    face: &'a Face,
    output: Output,
    interrupts: &'a mut Interrupts,
    /// The state's folder.
    home: &'a Home,
}

/// Runs a command. Those that need no engine run without one.
pub(crate) async fn run(home: Home, command: Command, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Launch { game, entry, args } => {
            let mut child =
                mist_client_core::launch(&home, &game, entry.as_deref(), &args).map_err(Failure::from)?;
            let ended = tokio::task::spawn_blocking(move || child.wait()).await??;
            let code = ended.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1);
            Ok(ExitCode::from(code))
        }
        Command::Stop => queue::stop(&home, output).await,
        Command::SelfUpdate { check } => self_update::self_update(&home, output, check).await,
        command => with_engine(home, command, output).await,
    }
}

async fn with_engine(home: Home, command: Command, output: Output) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen();
    let face = Face::open(home.clone(), &format!("mist {}", name(&command))).await?;
    let session = Session { face: &face, output, interrupts: &mut interrupts, home: &home };
    // Those that take long see to interruptions themselves.
    let follows = follows(&command);
    let result = if follows {
        dispatch(session, command).await
    } else {
        let mut early = Interrupts::listen();
        tokio::select! {
            result = with_warnings(session, command) => result,
            _ = early.next() => Ok(interrupted()),
        }
    };
    tokio::select! {
        () = face.close() => {}
        // Friends who fetch from here have to go on elsewhere.
        _ = interrupts.next() => {}
    }
    result
}

/// Runs a command that is over soon, and tells what the engine warned of meanwhile.
async fn with_warnings(session: Session<'_>, command: Command) -> anyhow::Result<ExitCode> {
    let (face, output) = (session.face, session.output);
    // What an engine told that this command has opened is its business, and what another process told before is not.
    let before = match face.engine().await {
        Some(_) => Rev::default(),
        None => face.next(Rev::default(), Duration::ZERO).await?.0,
    };
    let result = dispatch(session, command).await;
    let mut view = View::new(output);
    for delta in face.next(before, Duration::ZERO).await?.1 {
        if let Delta::Notice { message, .. } = delta {
            view.see(&Event::Warning { message });
        }
    }
    view.clear();
    result
}

fn interrupted() -> ExitCode {
    note("interrupted; nothing is lost");
    ExitCode::from(INTERRUPTED)
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Install { .. } => "install",
        Command::Update { .. } => "update",
        Command::Switch { .. } => "switch",
        Command::Rollback { .. } => "rollback",
        Command::Verify { .. } => "verify",
        Command::Repair { .. } => "repair",
        Command::Locate { .. } => "locate",
        Command::Scan { .. } => "scan",
        Command::Move { .. } => "move",
        Command::Uninstall { .. } => "uninstall",
        Command::Resume { .. } => "resume",
        Command::Seed => "seed",
        _ => "command",
    }
}

fn follows(command: &Command) -> bool {
    let only_asks = matches!(
        command,
        Command::Install { dry_run: true, .. }
            | Command::Update { dry_run: true, .. }
            | Command::Switch { dry_run: true, .. }
            | Command::Rollback { dry_run: true, .. }
            | Command::Move { dry_run: true, .. }
    );
    !only_asks && name(command) != "command"
}

async fn dispatch(session: Session<'_>, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Login { url, user, password_stdin, code, device, trust_new_server } => {
            let who = account::Who { user, password_stdin, code };
            account::login(session, url, who, device, trust_new_server).await
        }
        Command::Join { link, user, password_stdin, code, device } => {
            let who = account::NewWho { user, password_stdin, code };
            account::join(session, link, who, device).await
        }
        Command::Passwd { password_stdin } => account::passwd(session, password_stdin).await,
        Command::Logout => account::logout(session).await,
        Command::Library { game } => views::library(session, game).await,
        Command::Cover { game, file, small } => views::cover(session, game, file, small).await,
        Command::Status => views::status(session).await,
        Command::Kept { game, restore, restore_all } => {
            views::kept(session, game, restore, restore_all).await
        }
        Command::Runner { game, program } => runner::runner(session, game, program).await,
        Command::Shortcut { game, remove } => runner::shortcut(session, game, remove).await,
        Command::Doctor => views::doctor(session).await,
        Command::Diagnostics => views::diagnostics(session).await,
        Command::Settings(args) => settings::settings(session, args).await,
        Command::Install { game, dir, dry_run, following } => {
            games::install(session, game, dir, (!dry_run).then_some(following)).await
        }
        Command::Update { game, ahead, dry_run, following } => {
            games::update(session, game, ahead, (!dry_run).then_some(following)).await
        }
        Command::Switch { build, dry_run, following } => {
            games::switch(session, build, (!dry_run).then_some(following)).await
        }
        Command::Rollback { game, to, dry_run, following } => {
            games::roll_back(session, game, to, (!dry_run).then_some(following)).await
        }
        Command::Verify { game, following } => games::verify(session, game, following).await,
        Command::Repair { game, following } => games::repair(session, game, following).await,
        Command::Scan { dir, adopt } => scan::scan(session, dir, adopt).await,
        Command::Locate { game, dir, following } => games::locate(session, game, dir, following).await,
        Command::Move { game, dir, dry_run, following } => {
            games::relocate(session, game, dir, (!dry_run).then_some(following)).await
        }
        Command::Uninstall { game, following } => games::uninstall(session, game, following).await,
        Command::Seed => games::seed(session).await,
        Command::Queue { first } => queue::queue(session, first).await,
        Command::Pause { which } => queue::pause(session, which).await,
        Command::Resume { which, following } => queue::resume(session, which, following).await,
        Command::Cancel { which } => queue::cancel(session, which).await,
        // Handled without an engine.
        Command::Completions { .. } | Command::Launch { .. } | Command::Stop | Command::SelfUpdate { .. } => {
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// An answer to another request than was made.
fn unexpected(_: Reply) -> Failure {
    Failure::bad_message("an answer to another request")
}

/// Asks for something that has an answer of one kind.
macro_rules! ask {
    ($face:expr, $request:expr, $($answer:pat => $value:expr),+ $(,)?) => {
        match $face.call($request).await? {
            $($answer => $value,)+
            other => return Err(crate::commands::unexpected(other).into()),
        }
    };
}
use ask;

/// The state's folder: the given one, or the system's own place for it.
pub(crate) fn home(given: Option<PathBuf>) -> anyhow::Result<Home> {
    let root = given.or_else(|| Home::default_root(|name| std::env::var_os(name)));
    let root = root.ok_or_else(|| anyhow::anyhow!("no folder for Mist's state is known; set MIST_HOME"))?;
    Ok(Home::open(&std::path::absolute(root)?).map_err(|e| Failure::from(Error::from(e)))?)
}
