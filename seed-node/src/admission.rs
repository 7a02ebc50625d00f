//! Who may ask this seed, by QUIC with a ticket and by HTTP with a capability.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use mist_peer::{Admission, Admitted};
use mist_proto::{
    Slug, UnixMillis,
    claims::TicketClaims,
    http::{DenyList, TicketList},
    ids::PeerName,
};

use crate::{clock, keys::Keys};

/// Checks tickets by the tracker's key and the deny-list.
pub(crate) struct TicketAdmission {
    keys: Arc<Keys>,
    denied: RwLock<Denied>,
    own_tickets: RwLock<HashMap<String, String>>,
}

#[derive(Default)]
struct Denied {
    peers: HashSet<PeerName>,
    grants: HashSet<(String, Slug)>,
    accounts: HashSet<String>,
}

impl TicketAdmission {
    pub(crate) fn new(keys: Arc<Keys>) -> Self {
        Self { keys, denied: RwLock::default(), own_tickets: RwLock::default() }
    }

    /// Replaces the deny-list.
    pub(crate) fn deny(&self, list: DenyList) {
        let denied = Denied {
            peers: list.peers.into_iter().collect(),
            grants: list.grants.into_iter().collect(),
            accounts: list.accounts.into_iter().collect(),
        };
        *self.denied.write().unwrap_or_else(PoisonError::into_inner) = denied;
    }

    /// Replaces this seed's own tickets.
    pub(crate) fn carry(&self, list: TicketList) {
        let tickets = list.tickets.into_iter().map(|t| (t.game.as_str().to_owned(), t.token)).collect();
        *self.own_tickets.write().unwrap_or_else(PoisonError::into_inner) = tickets;
    }

    /// Whether what the tracker signed for this account's hands on this game no longer counts.
    pub(crate) fn bars(&self, account: &str, game: &Slug) -> bool {
        let denied = self.denied.read().unwrap_or_else(PoisonError::into_inner);
        denied.accounts.contains(account) || denied.grants.contains(&(account.to_owned(), game.clone()))
    }

    fn admit_at(&self, peer: &PeerName, ticket: &str, now: UnixMillis) -> Option<Admitted> {
        let claims: TicketClaims = self.keys.tracker()?.verify(ticket, now).ok()?;
        let denied = self.denied.read().unwrap_or_else(PoisonError::into_inner);
        let refused = claims.peer != *peer
            || denied.peers.contains(peer)
            || denied.grants.contains(&(claims.sub, claims.game.clone()));
        let expires = UnixMillis(claims.exp.saturating_mul(1000));
        (!refused).then(|| Admitted { scope: claims.game.as_str().to_owned(), expires })
    }
}

impl Admission for TicketAdmission {
    fn admit(&self, peer: &PeerName, ticket: &str) -> Option<Admitted> {
        self.admit_at(peer, ticket, clock::now())
    }

    fn ticket_for(&self, scope: &str) -> Option<String> {
        self.own_tickets.read().unwrap_or_else(PoisonError::into_inner).get(scope).cloned()
    }

    fn denied(&self, peer: &PeerName) -> bool {
        self.denied.read().unwrap_or_else(PoisonError::into_inner).peers.contains(peer)
    }

    fn now(&self) -> UnixMillis {
        clock::now()
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{claims::TrackerSecret, http::Trust};

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn peer(last: char) -> PeerName {
        format!("12D3KooW{}{last}", "a".repeat(43)).parse().unwrap()
    }

    #[test]
    fn tickets_count_until_they_expire_or_are_denied() {
        let tmp = tempfile::tempdir().unwrap();
        let secret = TrackerSecret::from_seed(&[1; 32]);
        let keys = Arc::new(Keys::load(tmp.path()).unwrap());
        let admission = TicketAdmission::new(keys.clone());
        let ticket = secret.sign(&TicketClaims {
            aud: "mist-peer".into(),
            sub: "ann".into(),
            peer: peer('1'),
            game: "quake".parse().unwrap(),
            iat: NOW.secs(),
            exp: NOW.secs() + 3600,
            jti: "j".into(),
        });
        assert_eq!(admission.admit_at(&peer('1'), &ticket, NOW), None, "the tracker's key is not known yet");
        keys.meet(&Trust {
            tracker_key: secret.public(),
            release_key: None,
            rotations: vec![],
            publishers: None,
            server: String::new(),
        })
        .unwrap();
        let admitted = admission.admit_at(&peer('1'), &ticket, NOW).unwrap();
        assert_eq!((admitted.scope.as_str(), admitted.expires), ("quake", NOW.plus_millis(3_600_000)));
        assert_eq!(admission.admit_at(&peer('2'), &ticket, NOW), None, "somebody else's ticket");
        assert_eq!(admission.admit_at(&peer('1'), &ticket, NOW.plus_millis(3_600_000)), None);

        let (quake, doom): (Slug, Slug) = ("quake".parse().unwrap(), "doom".parse().unwrap());
        assert!(!admission.bars("ann", &quake));
        let grants = vec![("ann".into(), quake.clone())];
        admission.deny(DenyList { grants, ..DenyList::default() });
        assert!(
            admission.bars("ann", &quake) && !admission.bars("ann", &doom) && !admission.bars("bob", &quake)
        );
        assert_eq!(admission.admit_at(&peer('1'), &ticket, NOW), None);
        assert!(!admission.denied(&peer('1')), "the account keeps its other games");
        admission.deny(DenyList { peers: vec![peer('1')], ..DenyList::default() });
        assert!(admission.denied(&peer('1')) && !admission.bars("ann", &quake));
        admission.deny(DenyList {
            peers: vec![peer('1')],
            accounts: vec!["ann".into()],
            ..DenyList::default()
        });
        assert!(
            admission.bars("ann", &quake) && admission.bars("ann", &doom) && !admission.bars("bob", &doom)
        );
        assert_eq!(admission.admit_at(&peer('1'), &ticket, NOW), None);
    }
}
