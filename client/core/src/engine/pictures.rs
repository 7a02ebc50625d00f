//! Pictures of games, out of the cache, and into it when somebody looks at them.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mist_proto::{Hash, Slug};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Engine, server::Server};
use crate::{
    clock::now,
    covers::{CoverId, Covers},
    error::Error,
    sync::lock,
};

/// Pictures that are fetched at the same time.
const FETCHERS: usize = 4;

/// A game's picture: a JPEG that the server made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CoverPicture {
    /// Its name: another picture has another one.
    #[ts(type = "string")]
    pub id: Hash,
    /// Its bytes, in base64.
    pub jpeg: String,
}

impl CoverPicture {
    /// Its bytes.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.jpeg).ok()
    }
}

impl Engine {
    /// The picture of a game, if it has one and it is here. If it is not, it is fetched, and [`super::Delta::Covers`] tells when to ask again.
    ///
    /// # Errors
    /// If the cache can't be read.
    pub async fn cover(&self, game: &Slug, small: bool) -> Result<Option<CoverPicture>, Error> {
        let server = self.0.server.lock().await.clone();
        let Some(server) = server else { return Ok(None) };
        let cover = server.catalogue.game(game)?.and_then(|game| game.cover);
        let Some(id) = cover.map(|cover| cover.id) else { return Ok(None) };
        let wanted = CoverId { game: game.clone(), id, small };
        match self.covers(&server).open(&wanted)? {
            Some(bytes) => {
                let jpeg = STANDARD.encode(bytes);
                Ok(Some(CoverPicture { id, jpeg }))
            }
            None => {
                self.fetch_cover(server, wanted);
                Ok(None)
            }
        }
    }

    fn covers(&self, server: &Server) -> Covers {
        Covers::at(self.0.home.server(&server.id).join("covers"))
    }

    /// Lets go of pictures that no game has any more.
    pub(super) fn prune_covers(&self, server: &Server) -> Result<(), Error> {
        let games = server.catalogue.games()?.map(|list| list.games).unwrap_or_default();
        if let Err(error) = self.covers(server).prune(&games) {
            tracing::debug!(%error, "old pictures are left");
        }
        Ok(())
    }

    fn fetch_cover(&self, server: Arc<Server>, cover: CoverId) {
        // A machine that saves shows what it has.
        if self.thrift().is_some() {
            return;
        }
        {
            let mut wanted = lock(&self.0.covers);
            if !wanted.ask(cover, now()) || wanted.fetchers >= FETCHERS {
                return;
            }
            wanted.fetchers += 1;
        }
        let this = self.clone();
        self.0.tasks.spawn(async move {
            let closing = this.0.closing.clone();
            tokio::select! {
                () = closing.cancelled() => {}
                () = this.fetch_covers(&server) => {}
            }
        });
    }

    async fn fetch_covers(&self, server: &Server) {
        loop {
            let next = {
                let mut wanted = lock(&self.0.covers);
                let next = wanted.next();
                if next.is_none() {
                    wanted.fetchers -= 1;
                }
                next
            };
            let Some(cover) = next else { return };
            let here = self.bring_cover(server, &cover).await;
            if let Err(error) = &here {
                tracing::debug!(%error, game = %cover.game, "no picture");
            }
            lock(&self.0.covers).ended(cover, here.is_ok(), now());
            if here.is_ok() {
                self.0.feed.cover_arrived();
            }
        }
    }

    async fn bring_cover(&self, server: &Server, cover: &CoverId) -> Result<(), Error> {
        let bytes = server.account.cover(cover).await?;
        Ok(self.covers(server).keep(cover, &bytes)?)
    }
}
