//! A server that makes its own backups.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{Scene, Server, ServerOptions, eventually};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_server_makes_its_backups_by_itself_and_says_when_it_can_not() -> Result<()> {
    Scene::play(|scene| {
        let folder = scene.path("backups");
        let settings = vec![
            ("MIST_BACKUP_DIR", folder.to_string_lossy().into_owned()),
            ("MIST_BACKUP_KEEP", "2".to_owned()),
        ];
        let options = || ServerOptions { settings: settings.clone(), ..ServerOptions::default() };
        // Two old ones, of which one is too many once there is a new one; and a file of somebody else.
        fs::create_dir(&folder)?;
        for name in ["mist-2020-01-01T000000Z.zst", "mist-2020-01-02T000000Z.zst", "notes.txt"] {
            fs::write(folder.join(name), "old")?;
        }
        let server = Server::start_with(scene, options())?;
        server.admin()?.new_game("drift")?;
        let names = || -> Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&folder)? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            Ok(names)
        };
        let told = eventually("a backup is made", LIMIT, || {
            let backups = server.stats()?.backups.context("it says nothing of backups")?;
            Ok((backups.newest.is_some_and(|at| at.0 > 1_700_000_000_000)).then_some(backups))
        })?;
        ensure!((told.count, told.late, told.problem.is_none()) == (2, false, true), "{told:?}");
        let names = names()?;
        ensure!(
            names.len() == 3 && names[0] == "mist-2020-01-02T000000Z.zst" && names[2] == "notes.txt",
            "{names:?}"
        );
        let stats = server.command(&["stats"])?.run(LIMIT)?;
        ensure!(stats.stdout.contains("Backups  2 in "), "{}", stats.said());

        // What it made becomes a server, though it is of before the game.
        let restored = scene.path("restored");
        server.restore_into(&restored, &folder.join(&names[1]))?;
        ensure!(fs::metadata(restored.join("mist.db"))?.len() > 0);

        // A file where the folder should be: the verdict says so.
        server.stop()?;
        fs::remove_dir_all(&folder)?;
        fs::write(&folder, "no folder")?;
        server.restart()?;
        eventually("the verdict says so", LIMIT, || {
            let problems = server.stats()?.health.problems.join(" ");
            Ok((problems.contains("Backups are not made") && problems.contains("The last try failed"))
                .then_some(()))
        })
    })
}
