//! What the catalogue says of a game, and where that came from.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use mist_proto::http::Game;
use mist_system_tests::{Scene, Server, ServerOptions};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(60);

/// A stand-in for Steam's store, which knows application 400 alone and fails for 500. Gives its address, and counts.
fn steam() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (address, asked) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
    let count = asked.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let asked_for = lines.next().unwrap_or_default();
            // A connection is answered once its head is read.
            let _ = lines.find(String::is_empty);
            count.fetch_add(1, Ordering::SeqCst);
            let portal = json!({ "name": "Portal", "short_description": "Think with portals" });
            let (status, body) = match () {
                () if asked_for.contains("appids=400 ") => {
                    ("200 OK", json!({ "400": { "success": true, "data": portal } }))
                }
                () if asked_for.contains("appids=500 ") => ("500 Internal Server Error", json!({})),
                () => ("200 OK", json!({ "404": { "success": false } })),
            };
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close", body.len());
            let _ = write!(stream, "{head}\r\n\r\n{body}");
        }
    });
    Ok((format!("http://{address}"), asked))
}

#[test]
fn a_new_game_with_an_app_id_has_what_steam_says() -> Result<()> {
    Scene::play(|scene| {
        let (steam, asked) = steam()?;
        let options = ServerOptions { settings: vec![("MIST_STEAM_URL", steam)], ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        let admin = server.admin()?;
        let new_game = |slug: &str, app_id: &str| {
            admin.mistpipe(&["new-game", slug, "--app-id", app_id, "--json"])?.run(LIMIT)?.success()
        };
        let game: Game = new_game("portal", "400")?.json()?;
        ensure!(
            (game.title.as_str(), game.description.as_str()) == ("Portal", "Think with portals"),
            "{game:?}"
        );

        // Steam fails, or knows nothing: the game is made all the same, and nobody presses Steam.
        for (slug, app_id) in [("away", "500"), ("unknown", "404")] {
            let before = asked.load(Ordering::SeqCst);
            let made = new_game(slug, app_id)?;
            ensure!(made.stderr.contains("mistpipe resync-steam"), "{}", made.said());
            ensure!(made.json::<Game>()?.title == slug);
            ensure!(asked.load(Ordering::SeqCst) == before + 1);
        }
        let listed = admin.run(&["ls"])?.stdout;
        ensure!(["portal", "away", "unknown"].iter().all(|slug| listed.contains(slug)), "{listed}");
        Ok(())
    })
}
