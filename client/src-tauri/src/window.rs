//! The one window. It is made when somebody wants to see it, and goes when they close it: without it the program is small.

use std::sync::Arc;

use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindowBuilder,
    webview::{NewWindowResponse, PageLoadEvent},
};

use crate::engine::Engine;

/// The window's name.
pub(crate) const MAIN: &str = "main";
/// The policy that the pages were built for, as a server would send it.
pub(crate) const BUILT_FOR: &str = include_str!("../../build/policy.txt");

/// That policy where pages speak with the program and with no server.
pub(crate) fn policy(built_for: &str) -> String {
    built_for.trim().replace("connect-src 'self'", "connect-src ipc: http://ipc.localhost")
}

/// Shows the window to whoever asked for it.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        if let Err(error) = make(app) {
            tracing::error!(%error, "there can be no window");
        }
        return;
    };
    for done in [window.show(), window.unminimize(), window.set_focus()] {
        if let Err(error) = done {
            tracing::debug!(%error, "the window system has its own will");
        }
    }
    // A link may have been opened, and a window that has the focus already is not given it.
    if let Err(error) = window.eval("dispatchEvent(new Event('mist-shown'))") {
        tracing::warn!(%error, "the page was not told that it is looked at");
    }
}

/// Whether it is what a person works in just now.
pub(crate) fn is_looked_at(app: &AppHandle) -> bool {
    app.get_webview_window(MAIN).is_some_and(|window| window.is_focused().unwrap_or_default())
}

fn make(app: &AppHandle) -> tauri::Result<()> {
    // With its slash: pages at `tauri://localhost` take themselves for somebody else's, and load themselves for ever.
    let mut builder = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("/".into()))
        .title("Mist")
        .inner_size(1280.0, 800.0)
        .min_inner_size(720.0, 520.0)
        // Shown once there is something on it: an empty one is white, whatever the theme.
        .visible(false)
        .on_page_load(|window, load| match load.event() {
            // The pages begin anew: what the ones before wait for would hold up the first question of these.
            PageLoadEvent::Started => {
                tracing::debug!("the pages begin");
                window.state::<Arc<Engine>>().page_is_gone();
            }
            PageLoadEvent::Finished => {
                if let Err(error) = window.show() {
                    tracing::error!(%error, "the window can't be shown");
                }
            }
        })
        // Nothing but the pages that are inside the program is ever shown.
        .on_navigation(is_inside)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        // Rows are dragged within the page.
        .disable_drag_drop_handler();
    if let Some(home) = app.state::<Arc<Engine>>().home() {
        builder = builder.data_directory(home.join("pages"));
    }
    builder.build()?;
    Ok(())
}

fn is_inside(url: &tauri::Url) -> bool {
    let own = if cfg!(any(windows, target_os = "android")) {
        ("http", "tauri.localhost")
    } else {
        ("tauri", "localhost")
    };
    (url.scheme(), url.host_str()) == (own.0, Some(own.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_speak_with_the_program_alone() {
        let policy = policy(BUILT_FOR);
        assert!(policy.contains("connect-src ipc: http://ipc.localhost"), "{policy}");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        for never in ["unsafe-eval", "'unsafe-inline'", "https:", "*"] {
            assert!(!policy.contains(never), "{never} in {policy}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_else_is_ever_shown() {
        assert!(is_inside(&"tauri://localhost/index.html#/game/a".parse().expect("a url")));
        for other in [
            "https://localhost/",
            "tauri://elsewhere/",
            "http://tauri.localhost/",
            "about:blank",
            "file:///etc/passwd",
        ] {
            assert!(!is_inside(&other.parse().expect("a url")), "{other}");
        }
    }
}
