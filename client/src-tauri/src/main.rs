//! The desktop client: one window with the pages, and the engine of a home behind it.
//!
//! The pages reach the commands in [`commands`] and nothing else. Two of them, `call` and `next`, are all that any face of the
//! client has; the others are about this program: a link that was opened, a folder to pick, whether it starts with the
//! system, whether a newer one is there.
//! The engine runs here if it does not run elsewhere already. There is no second window, no remote page, and nothing that a
//! link does by itself.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod engine;
mod habits;
mod link;
mod notification;
mod renderer;
mod tray;
mod update;
mod window;

use std::{process::ExitCode, sync::Arc};

use tauri::{AppHandle, Manager, RunEvent, utils::config::Csp};
use tauri_plugin_autostart::ManagerExt;
use tauri_plugin_deep_link::DeepLinkExt;

use crate::{engine::Engine, habits::Habits, link::Links, update::Running};

/// What starts the program without a window, as the system does when somebody signs in to it.
const HIDDEN: &str = "--hidden";

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("MIST_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .init();
    let running = Arc::new(Running::begin());
    renderer::choose();
    if !renderer::has_display() {
        tracing::error!(
            "there is no display to show a window on; `mist` does all that Mist can do without one"
        );
        return ExitCode::FAILURE;
    }
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider is installed already");
    }
    let ended = run(running.clone());
    running.end();
    match ended {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            tracing::error!("Mist can't start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(running: Arc<Running>) -> Result<i32, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let hidden = std::env::args().any(|arg| arg == HIDDEN);
    let mut context = tauri::generate_context!();
    context.config_mut().app.security.csp = Some(Csp::Policy(window::policy(window::BUILT_FOR)));
    let app = tauri::Builder::default()
        // The first of all, so that a second start does nothing but show the window.
        .plugin(tauri_plugin_single_instance::init(|app, args, _| {
            if !args.iter().any(|arg| arg == HIDDEN) {
                window::show(app);
            }
        }))
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_autostart::Builder::new().arg(HIDDEN).build())
        .manage(Links::default())
        .manage(running)
        .invoke_handler(tauri::generate_handler![
            commands::call,
            commands::next,
            commands::link,
            commands::pick_folder,
            commands::habits,
            commands::set_habits,
            commands::quit,
            commands::release,
            commands::update,
        ])
        .setup(move |app| {
            let engine = Arc::new(Engine::of_this_person());
            app.manage(Habits::of(engine.home()));
            app.manage(engine.clone());
            notification::lead_here(app.handle());
            tauri::async_runtime::spawn(notification::tell_ends(app.handle().clone(), engine.clone()));
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(async move {
                engine.stay().await;
                handle.exit(0);
            });
            tauri::async_runtime::spawn(end_on_signals(app.handle().clone()));
            let handle = app.handle().clone();
            app.deep_link().on_open_url(move |event| {
                event.urls().iter().for_each(|url| handle.state::<Links>().opened(url));
                window::show(&handle);
            });
            for url in app.deep_link().get_current()?.into_iter().flatten() {
                app.state::<Links>().opened(&url);
            }
            let has_tray = tray::add(app.handle());
            app.manage(tray::Tray(has_tray));
            if !hidden {
                window::show(app.handle());
            }
            Ok(())
        })
        .build(context)?;
    Ok(app.run_return(|app, event| match event {
        // Nobody asked the program to end: its last window was closed.
        RunEvent::ExitRequested { code: None, api, .. } if goes_on(app) => {
            api.prevent_exit();
            app.state::<Arc<Engine>>().page_is_gone();
            habits::tell_once(app);
        }
        RunEvent::Exit => {
            let engine = app.state::<Arc<Engine>>().inner().clone();
            tauri::async_runtime::block_on(engine.close());
        }
        _ => {}
    }))
}

/// Whether the engine goes on sharing without a window. Without a tray icon nobody could see that it does.
fn goes_on(app: &AppHandle) -> bool {
    app.state::<tray::Tray>().0 && app.state::<Habits>().stays()
}

/// Ends the program: first what a person sees, then, in order, what friends fetch.
fn quit(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(window::MAIN)
        && let Err(error) = window.destroy()
    {
        tracing::warn!(%error, "the window stays until the end");
    }
    app.exit(0);
}

/// Whether the program starts with the system.
fn starts_by_itself(app: &AppHandle) -> bool {
    app.autolaunch().is_enabled().unwrap_or_else(|error| {
        tracing::warn!(%error, "nobody can tell whether Mist starts with the system");
        false
    })
}

/// Ends the program in order when the system asks it to, and at once when it asks again.
#[cfg(unix)]
async fn end_on_signals(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
        tracing::warn!("signals can't be heard");
        return;
    };
    for time in 0.. {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if time > 0 {
            std::process::exit(130);
        }
        quit(&app);
    }
}

/// Elsewhere the window system asks.
#[cfg(not(unix))]
async fn end_on_signals(_: AppHandle) {}
