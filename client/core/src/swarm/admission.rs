//! Whom this client's node admits, and what it shows to be let in elsewhere.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{PoisonError, RwLock},
};

use mist_peer::{Admission, Admitted};
use mist_proto::{
    Slug, UnixMillis,
    claims::{TicketClaims, TrackerKey},
    http::{DenyList, Ticket},
    ids::PeerName,
};

use crate::clock;

/// Checks tickets against the pinned key of the tracker.
pub(crate) struct TicketCheck {
    tracker: TrackerKey,
    lists: RwLock<Lists>,
}

#[derive(Default)]
struct Lists {
    own: BTreeMap<String, Ticket>,
    denied_peers: HashSet<PeerName>,
    denied_grants: HashSet<(String, Slug)>,
}

impl TicketCheck {
    pub(crate) fn new(tracker: TrackerKey) -> Self {
        Self { tracker, lists: RwLock::default() }
    }

    pub(crate) fn set_tickets(&self, tickets: Vec<Ticket>) {
        let own = tickets.into_iter().map(|t| (t.game.to_string(), t)).collect();
        self.lists.write().unwrap_or_else(PoisonError::into_inner).own = own;
    }

    pub(crate) fn set_deny_list(&self, list: DenyList) {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        lists.denied_peers = list.peers.into_iter().collect();
        lists.denied_grants = list.grants.into_iter().collect();
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Lists> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission for TicketCheck {
    fn admit(&self, peer: &PeerName, ticket: &str) -> Option<Admitted> {
        let claims: TicketClaims = self.tracker.verify(ticket, self.now()).ok()?;
        if claims.peer != *peer {
            return None;
        }
        let denied = {
            let lists = self.read();
            lists.denied_peers.contains(peer)
                || lists.denied_grants.contains(&(claims.sub.clone(), claims.game.clone()))
        };
        let expires = UnixMillis(claims.exp.saturating_mul(1000));
        (!denied).then(|| Admitted { scope: claims.game.to_string(), expires })
    }

    fn ticket_for(&self, scope: &str) -> Option<String> {
        let now = self.now();
        self.read().own.get(scope).filter(|t| t.expires > now).map(|t| t.token.clone())
    }

    fn denied(&self, peer: &PeerName) -> bool {
        self.read().denied_peers.contains(peer)
    }

    fn now(&self) -> UnixMillis {
        clock::now()
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::claims::TrackerSecret;

    use super::*;

    #[test]
    fn tickets_bind_peer_game_and_time_and_can_be_denied() {
        let secret = TrackerSecret::from_seed(&[1; 32]);
        let check = TicketCheck::new(secret.public());
        let peer = |n: u8| -> PeerName { format!("12D3KooW{n:0>44}").parse().expect("shape") };
        let now = check.now().secs();
        let claims = |exp| TicketClaims {
            aud: "mist-peer".into(),
            sub: "u1".into(),
            peer: peer(1),
            game: "doom".parse().expect("slug"),
            iat: now - 10,
            exp,
            jti: "j".into(),
        };
        let good = secret.sign(&claims(now + 100));
        assert_eq!(check.admit(&peer(1), &good).map(|a| a.scope), Some("doom".into()));
        assert_eq!(check.admit(&peer(2), &good), None, "somebody else's ticket");
        assert_eq!(check.admit(&peer(1), &secret.sign(&claims(now - 1))), None, "expired");
        let forged = TrackerSecret::from_seed(&[2; 32]).sign(&claims(now + 100));
        assert_eq!(check.admit(&peer(1), &forged), None, "another tracker's");
        check.set_deny_list(DenyList {
            grants: vec![("u1".into(), "doom".parse().expect("slug"))],
            ..DenyList::default()
        });
        assert_eq!(check.admit(&peer(1), &good), None, "grant taken back");
        check.set_deny_list(DenyList { peers: vec![peer(1)], ..DenyList::default() });
        assert_eq!(check.admit(&peer(1), &good), None, "device disabled");
        assert!(check.denied(&peer(1)));
        check.set_deny_list(DenyList::default());
        assert!(check.admit(&peer(1), &good).is_some(), "and back");
    }
}
