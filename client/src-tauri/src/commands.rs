//! What the pages may ask. Everything that they say is read as if a stranger had said it.

use std::sync::Arc;

use mist_client_core::Failure;
use mist_client_view::{Delta, Reply, Request, Rev};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_autostart::ManagerExt;
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use crate::{
    engine::{Engine, unusable},
    habits::Habits,
    link::Links,
    starts_by_itself,
    tray::Tray,
    update::{Release, Running},
};

/// Has the engine do something.
#[tauri::command]
pub(crate) async fn call(engine: State<'_, Arc<Engine>>, request: Request) -> Result<Reply, Failure> {
    let reply = engine.call(request).await;
    if matches!(reply, Ok(Reply::Library(_))) {
        // From here on a friend sees what they have; `./dev bench desktop` listens for it.
        tracing::debug!("the page has the library");
    }
    reply
}

/// What changed since a revision.
#[tauri::command]
pub(crate) async fn next(engine: State<'_, Arc<Engine>>, since: Rev) -> Result<(Rev, Vec<Delta>), Failure> {
    engine.next(since).await
}

/// The link that was opened last, once.
#[tauri::command]
pub(crate) fn link(links: State<'_, Links>) -> Option<String> {
    links.take()
}

/// Lets the person pick a folder in the system's dialog. Nothing if they did not.
#[tauri::command]
pub(crate) async fn pick_folder(window: WebviewWindow) -> Result<Option<String>, Failure> {
    let (say, hear) = oneshot::channel();
    let dialog = window.dialog().file().set_parent(&window).set_title("Choose a folder");
    dialog.pick_folder(move |picked| {
        if say.send(picked).is_err() {
            tracing::debug!("the page that asked for a folder is gone");
        }
    });
    let Ok(Some(picked)) = hear.await else { return Ok(None) };
    let shown = picked.to_string();
    let path = picked.into_path().map_err(|e| unusable(&shown, &e.to_string()))?;
    // Orders are text: a name that is none would lead elsewhere.
    let text = path.into_os_string().into_string();
    text.map(Some).map_err(|_| unusable(&shown, "its name is no readable text"))
}

/// What the program does by itself.
#[derive(Serialize, Deserialize)]
pub(crate) struct Manner {
    /// It starts with the system, without a window.
    starts: bool,
    /// It goes on sharing when its window is closed.
    stays: bool,
    /// It tells when nothing is left to be done, if nobody looks at it.
    tells: bool,
}

/// What the program does by itself, as it is set; and whether it can go on without a window.
#[tauri::command]
pub(crate) fn habits(app: AppHandle, habits: State<'_, Habits>, tray: State<'_, Tray>) -> (Manner, bool) {
    let manner = Manner { starts: starts_by_itself(&app), stays: habits.stays(), tells: habits.tells() };
    (manner, tray.0)
}

/// Sets that.
#[tauri::command]
pub(crate) fn set_habits(app: AppHandle, habits: State<'_, Habits>, manner: Manner) -> Result<(), Failure> {
    if manner.starts != starts_by_itself(&app) {
        let auto = app.autolaunch();
        let done = if manner.starts { auto.enable() } else { auto.disable() };
        done.map_err(|e| unusable("the list of programs that start with the system", &e.to_string()))?;
    }
    habits.set(manner.stays, manner.tells)
}

/// What the program is, and whether its group's server offers a newer one.
#[tauri::command]
pub(crate) async fn release(
    engine: State<'_, Arc<Engine>>,
    running: State<'_, Arc<Running>>,
) -> Result<Release, Failure> {
    running.release(engine.home()).await
}

/// Takes what is offered, and starts anew by it.
#[tauri::command]
pub(crate) async fn update(
    app: AppHandle,
    engine: State<'_, Arc<Engine>>,
    running: State<'_, Arc<Running>>,
) -> Result<(), Failure> {
    if running.update(engine.home()).await? {
        crate::quit(&app);
    }
    Ok(())
}

/// Ends the program.
#[tauri::command]
pub(crate) fn quit(app: AppHandle) {
    crate::quit(&app);
}
