//! Mist's own part in the lab.

use std::{path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_proto::http::BytesBySource;

use super::{
    case::{Case, Site},
    run::{Content, Session},
};
use crate::{Admin, Friend, Place, Scene, Server, Task, Tree, random_bytes, until};

const GAME: &str = "drift";
/// What a game weighs besides its patch.
const REST: usize = 40 << 20;
const LIMIT: Duration = Duration::from_secs(300);

/// A server that has the content, and friends who are signed in.
pub struct Mist {
    server: Server,
    friends: Vec<Friend>,
    tasks: Vec<Task>,
    patch: bool,
}

impl Mist {
    /// Publishes the content, and brings the friends to the moment of the click. `beside` starts `mist seed` for each.
    ///
    /// # Errors
    /// A program fails.
    pub fn prepare(case: &Case, content: &Content, site: &Site, scene: &Scene, beside: bool) -> Result<Self> {
        // What comes before the click is not measured.
        site.hurry(true)?;
        let server = Server::start_on(scene, Place::On(site.seed.clone()))?;
        let admin = server.admin()?;
        admin.new_game(GAME)?;
        if case.patch {
            let tree = Tree::default().file("world.bin", random_bytes(1, REST));
            let older = tree.file(Content::NAME, random_bytes(2, usize::try_from(content.bytes)?));
            older.write_to(&scene.path("older"))?;
            publish(&server, &admin, &scene.path("older"), "1")?;
        } else {
            publish(&server, &admin, &content.dir, "1")?;
        }
        let friends = (0..)
            .zip(&site.friends)
            .map(|(n, host)| server.friend_at(&format!("f{n}"), &Place::On(host.clone())));
        let friends = friends.collect::<Result<Vec<_>>>()?;
        if case.patch {
            let installs =
                friends.iter().map(|friend| friend.installing(GAME)?.start()).collect::<Result<Vec<_>>>()?;
            installs.into_iter().try_for_each(|install| install.finish(LIMIT)?.success().map(drop))?;
        }
        if beside {
            friends.iter().try_for_each(Friend::seed)?;
        }
        if case.patch {
            server.wait_for_copies(GAME, friends.len() as f64 + 1.0)?;
            let newer = scene.path("newer");
            let copied = Command::new("cp").arg("-a").arg(scene.path("older")).arg(&newer).status()?;
            ensure!(copied.success(), "cp failed");
            std::fs::copy(content.path(), newer.join(Content::NAME))?;
            publish(&server, &admin, &newer, "2")?;
        }
        site.hurry(false)?;
        Ok(Self { server, friends, tasks: vec![], patch: case.patch })
    }
}

/// Pushes a build and waits until the server is at rest.
fn publish(server: &Server, admin: &Admin, dir: &std::path::Path, version: &str) -> Result<()> {
    admin.push(dir, GAME, version)?;
    until("the server's jobs end", LIMIT, Duration::from_millis(200), || {
        let jobs = server.stats()?.jobs;
        Ok((jobs.queued + jobs.running == 0).then_some(()))
    })
}

impl Session for Mist {
    fn begin(&mut self) -> Result<()> {
        for friend in &self.friends {
            let program =
                if self.patch { friend.mist(&["update", GAME])? } else { friend.installing(GAME)? };
            self.tasks.push(program.start()?);
        }
        Ok(())
    }

    fn ended(&mut self, friend: usize) -> Result<Option<bool>> {
        let task = self.tasks.get_mut(friend).context("it has not begun")?;
        Ok(task.ended()?.map(|status| status.success()))
    }

    fn seed(&self) -> Result<Vec<u32>> {
        Ok(vec![self.server.pid()?])
    }

    fn kill_seed(&mut self) -> Result<()> {
        self.server.kill_nine()
    }

    fn copy(&self, friend: usize) -> PathBuf {
        self.friends[friend].folder(GAME).join(Content::NAME)
    }

    fn wire(&self, friend: usize) -> Result<Option<BytesBySource>> {
        Ok(Some(self.friends[friend].last_operation(GAME)?.wire))
    }
}
