//! The one way from a request to the engine.

use std::time::Duration;

use mist_client_core::{Engine, Failure};

use crate::message::{Reply, Request};

/// The longest that a face may wait for news in one request.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Has the engine do what is asked.
///
/// # Errors
/// The engine's own, as data.
pub async fn dispatch(engine: &Engine, request: Request) -> Result<Reply, Failure> {
    Ok(match request {
        Request::Next { since, wait } => {
            let (rev, deltas) = engine.next(since, Duration::from_millis(wait).min(LONGEST_WAIT)).await;
            Reply::News(rev, deltas)
        }
        Request::Submit { order } => Reply::Submitted(engine.submit(order)?),
        Request::Forecast { order } => Reply::Forecast(engine.forecast(&order).await?),
        Request::ForecastMove { game, dir } => Reply::MoveForecast(engine.forecast_move(&game, &dir).await?),
        Request::Control { id, control } => {
            engine.control(id, control).await?;
            Reply::Done
        }
        Request::Operations => Reply::Operations(engine.operations()),
        Request::Login(credentials) => Reply::SignedIn(engine.login(credentials).await?),
        Request::LookAtInvite { link } => Reply::Invite(engine.invitation(&link).await?),
        Request::Join(order) => Reply::SignedIn(engine.join(order).await?),
        Request::ChangePassword(change) => {
            engine.change_password(change).await?;
            Reply::Done
        }
        Request::Logout => {
            engine.logout().await?;
            Reply::Done
        }
        Request::Refresh => Reply::Refreshed(engine.refresh().await?),
        Request::Library => Reply::Library(engine.library().await?),
        Request::Cover { game, small } => Reply::Cover(engine.cover(&game, small).await?),
        Request::Status => Reply::Status(Box::new(engine.status().await?), engine.owner().clone()),
        Request::Play { game, entry, args } => {
            engine.play(&game, entry.as_deref(), &args)?;
            Reply::Done
        }
        Request::StopGame { game } => {
            engine.stop_game(&game)?;
            Reply::Done
        }
        Request::LaunchChoices { game } => Reply::LaunchChoices(engine.launch_choices(&game)?),
        Request::Runner { game } => Reply::Runner(engine.runner(&game)?),
        Request::ChooseRunner { game, runner } => {
            engine.choose_runner(&game, runner)?;
            Reply::Done
        }
        Request::OpenFolder { game } => {
            engine.open_folder(&game).await?;
            Reply::Done
        }
        Request::Disks => Reply::Disks(engine.disks().await?),
        Request::LibraryFolders => Reply::LibraryFolders(engine.library_folders().await?),
        Request::Neighbourhood => Reply::Neighbourhood(engine.neighbourhood().await.map(Box::new)),
        Request::Kept { game } => Reply::Kept(engine.kept(&game)?),
        Request::Restore { game, path } => Reply::Kept(engine.restore(&game, path.as_deref())?),
        Request::Scan { dir } => {
            engine.scan(&dir).await?;
            Reply::Done
        }
        Request::StopScan => {
            engine.stop_scan();
            Reply::Done
        }
        Request::Doctor => Reply::Checks(engine.doctor().await?),
        Request::Diagnostics => Reply::Diagnostics(engine.diagnostics().await?),
        Request::Settings => Reply::Settings(engine.settings()),
        Request::SetSettings { settings } => {
            engine.set_settings(settings).await?;
            Reply::Done
        }
    })
}
