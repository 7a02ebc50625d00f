//! What the system shows to a person who looks elsewhere.

use std::{collections::HashMap, sync::Arc, time::Duration};

use mist_client_core::Told;
use mist_client_view::{Reply, Request, Window};
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;

use crate::{engine::Engine, habits::Habits, window};

/// After a failure, before the engine is asked again.
const RETRY: Duration = Duration::from_secs(2);

/// From now on a click on a notification shows the window.
pub(crate) fn lead_here(app: &AppHandle) {
    let handle = app.clone();
    let shown = app.notification().on_action(move |_| window::show(&handle));
    if let Err(error) = shown {
        tracing::warn!(%error, "clicks on notifications do nothing");
    }
}

/// Shows one.
pub(crate) fn show(app: &AppHandle, title: &str, body: &str) {
    let shown = app.notification().builder().title(plain(title)).body(plain(body)).show();
    if let Err(error) = shown {
        tracing::warn!(%error, "the system shows no notifications");
    }
}

/// Some desktops read tags in what they show, and names come from elsewhere.
fn plain(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}

/// Tells how it went each time that nothing is left to be done, unless somebody looks at the window, or wants to hear nothing.
/// Resolves when the engine ends.
pub(crate) async fn tell_ends(app: AppHandle, engine: Arc<Engine>) {
    let window = engine.opened().await;
    let mut batches = window.batches();
    loop {
        match batches.next().await {
            Ok(_) if !app.state::<Habits>().tells() => {
                tracing::debug!("all is done, and nobody wants to hear it")
            }
            Ok(_) if window::is_looked_at(&app) => tracing::debug!("all is done, and somebody looks at it"),
            Ok(end) => {
                let titles = titles(window).await;
                let Told { title, body } =
                    end.told(|game| titles.get(game.as_str()).cloned().unwrap_or_else(|| game.to_string()));
                show(&app, &title, &body);
            }
            Err(failure) if failure.code == "closing" => return,
            Err(failure) => {
                tracing::debug!(code = failure.code, "nobody says how it went: {}", failure.text());
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// What the games are called, by their slugs, as far as that is known.
async fn titles(window: &Window) -> HashMap<String, String> {
    match window.call(Request::Library).await {
        Ok(Reply::Library(games)) => {
            games.into_iter().map(|item| (item.game.slug.to_string(), item.game.title)).collect()
        }
        _ => HashMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_bring_no_tags() {
        assert_eq!(plain("<a href='x'>Boats</a> & more"), "‹a href='x'›Boats‹/a› & more");
    }
}
