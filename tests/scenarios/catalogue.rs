//! What the catalogue says of a game, and where that came from.

use std::{sync::atomic::Ordering, time::Duration};

use anyhow::{Result, ensure};
use mist_proto::http::{Game, GameField};
use mist_system_tests::{Scene, Server, ServerOptions, SteamStandIn};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_new_game_with_an_app_id_has_what_steam_says() -> Result<()> {
    Scene::play(|scene| {
        let SteamStandIn { url, asked } = SteamStandIn::start()?;
        let options = ServerOptions { settings: vec![("MIST_STEAM_URL", url)], ..ServerOptions::default() };
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
        ensure!(game.cover.as_ref().is_some_and(|c| (c.width, c.height) == (460, 215)), "{game:?}");

        // Steam fails, or knows nothing: the game is made all the same, and nobody presses Steam.
        for (slug, app_id, more) in [("unknown", "404", 1), ("away", "500", 1), ("left-alone", "405", 0)] {
            let before = asked.load(Ordering::SeqCst);
            let made = new_game(slug, app_id)?;
            ensure!(made.stderr.contains("mistpipe resync-steam"), "{}", made.said());
            ensure!(made.json::<Game>()?.title == slug);
            ensure!(
                asked.load(Ordering::SeqCst) == before + more,
                "{slug}: who failed is left alone for a while"
            );
        }
        let listed = admin.run(&["ls"])?.stdout;
        ensure!(
            ["portal", "away", "unknown", "left-alone"].iter().all(|slug| listed.contains(slug)),
            "{listed}"
        );

        // What somebody writes wins, is shown as such, and is reset one by one.
        let edit =
            ["edit", "portal", "--title", "Our Portal", "--description", "Ours", "--private", "--json"];
        let edited: Game = admin.run(&edit)?.json()?;
        ensure!(edited.is_private && edited.by_hand == [GameField::Title, GameField::Description]);
        let edited = admin.run(&["edit", "unknown", "--title", "Known"])?.stdout;
        ensure!(edited.contains("Known (by hand)"), "{edited}");
        let cover = scene.path("cover.svg");
        std::fs::write(&cover, "<svg/>")?;
        let refused = admin.mistpipe(&["edit", "portal", "--cover", &cover.to_string_lossy()])?.run(LIMIT)?;
        ensure!(refused.stderr.contains("no PNG, JPEG or WebP picture"), "{}", refused.said());
        Ok(())
    })
}

#[test]
fn a_picture_is_fetched_once_and_shows_while_the_server_is_away() -> Result<()> {
    Scene::play(|scene| {
        let url = SteamStandIn::start()?.url;
        let options = ServerOptions { settings: vec![("MIST_STEAM_URL", url)], ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        let admin = server.admin()?;
        admin.run(&["new-game", "portal", "--app-id", "400"])?;
        admin.new_game("drift")?;
        let ann = server.friend("ann")?;
        ann.run(&["library"])?;
        let (file, small) = (scene.path("portal.jpg"), scene.path("small.jpg"));
        let (to_file, to_small) = (file.to_string_lossy(), small.to_string_lossy());
        ann.run(&["cover", "portal", &to_file])?;
        ann.run(&["cover", "portal", &to_small, "--small"])?;
        let sizes = [image::image_dimensions(&file)?, image::image_dimensions(&small)?];
        ensure!(sizes == [(460, 215), (320, 150)], "{sizes:?}");
        let none = ann.mist(&["cover", "drift", &to_file])?.run(LIMIT)?.expect(1)?.said();
        ensure!(none.contains("drift has no picture"), "{none}");
        // What lies in the cache and is no picture is not shown, and comes again.
        let kept = ann.servers_folder()?.join("covers/portal");
        for entry in std::fs::read_dir(&kept)? {
            std::fs::write(entry?.path(), "<svg onload=alert(1)>")?;
        }
        ann.run(&["cover", "portal", &to_small, "--small"])?;
        ensure!(image::image_dimensions(&small)? == (320, 150));
        server.stop()?;
        std::fs::remove_file(&small)?;
        ann.run(&["cover", "portal", &to_small, "--small"])?;
        ensure!(image::image_dimensions(&small)? == (320, 150));
        server.restart()?;
        // Another picture takes its place.
        let (other, before) = (scene.path("other.png"), std::fs::read(&small)?);
        image::RgbImage::from_pixel(600, 900, image::Rgb([30, 90, 60])).save(&other)?;
        admin.run(&["edit", "portal", "--cover", &other.to_string_lossy()])?;
        ann.run(&["library"])?;
        ann.run(&["cover", "portal", &to_small, "--small"])?;
        ensure!(std::fs::read(&small)? != before);
        ensure!(image::image_dimensions(&small)? == (213, 320) && std::fs::read_dir(&kept)?.count() == 1);
        Ok(())
    })
}
