//! The icon in the system's tray, where there is a library for it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tauri::{
    AppHandle,
    menu::{Menu, MenuItem},
    tray::TrayIconBuilder,
};

use crate::window::show;

/// Whether there is one.
pub(crate) struct Tray(pub(crate) bool);

/// Adds it. Without the system's library for that there is none, and closing the window ends the program.
pub(crate) fn add(app: &AppHandle) -> bool {
    // The binding to that library panics where it is missing.
    match catch_unwind(AssertUnwindSafe(|| build(app))) {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "there is no tray icon");
            false
        }
        Err(_) => {
            tracing::warn!("there is no tray icon: the system's library for it is missing");
            false
        }
    }
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let open = MenuItem::with_id(app, "open", "Open Mist", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", "Quit, and stop sharing", true, None::<&str>)?;
    let mut tray = TrayIconBuilder::with_id("mist").menu(&Menu::with_items(app, &[&open, &quit])?);
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.on_menu_event(|app, event| match event.id.as_ref() {
        "open" => show(app),
        "quit" => crate::quit(app),
        _ => {}
    })
    .build(app)?;
    Ok(())
}
