//! Every route and who may call it: the one table that the middleware enforces and the tests walk through.

use axum::http::Method;
use mist_proto::claims::Scope;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in, seeds too.
    SignedIn,
    /// People: users and admins.
    People,
    /// Admins.
    Admin,
    /// Seeds.
    Seed,
}

impl Access {
    /// Whether a caller of this scope may call.
    pub fn allows(self, scope: Scope) -> bool {
        match self {
            Self::Anyone | Self::SignedIn => true,
            Self::People => matches!(scope, Scope::User | Scope::Admin),
            Self::Admin => scope == Scope::Admin,
            Self::Seed => scope == Scope::Seed,
        }
    }
}

use Access::{Admin, Anyone, People, Seed, SignedIn};

/// The table: method, path, who. Private games are hidden by the operations themselves.
pub const TABLE: &[(&str, &str, Access)] = &[
    ("GET", "/healthz", Anyone),
    ("GET", "/api/v1/openapi.json", Anyone),
    ("GET", "/api/v1/trust", Anyone),
    ("POST", "/api/v1/auth/login", Anyone),
    ("POST", "/api/v1/auth/refresh", Anyone),
    ("POST", "/api/v1/auth/logout", Anyone),
    ("POST", "/api/v1/auth/seed", Anyone),
    ("GET", "/api/v1/me", People),
    ("POST", "/api/v1/release-key", Admin),
    ("POST", "/api/v1/release-key/rotations", Admin),
    ("GET", "/api/v1/users", Admin),
    ("POST", "/api/v1/users", Admin),
    ("PATCH", "/api/v1/users/{name}", Admin),
    ("DELETE", "/api/v1/users/{name}", Admin),
    ("PUT", "/api/v1/users/{name}/grants/{slug}", Admin),
    ("DELETE", "/api/v1/users/{name}/grants/{slug}", Admin),
    ("GET", "/api/v1/seeds", Admin),
    ("POST", "/api/v1/seeds", Admin),
    ("DELETE", "/api/v1/seeds/{name}", Admin),
    ("GET", "/api/v1/games", SignedIn),
    ("POST", "/api/v1/games", Admin),
    ("GET", "/api/v1/games/{slug}", SignedIn),
    ("PATCH", "/api/v1/games/{slug}", Admin),
    ("DELETE", "/api/v1/games/{slug}", Admin),
    ("POST", "/api/v1/games/{slug}/resync-steam", Admin),
    ("GET", "/api/v1/games/{slug}/builds", SignedIn),
    ("DELETE", "/api/v1/games/{slug}/builds/{version}", Admin),
    ("GET", "/api/v1/games/{slug}/builds/{version}/manifest", SignedIn),
    ("PUT", "/api/v1/games/{slug}/live", Admin),
    ("POST", "/api/v1/games/{slug}/pushes", Admin),
    ("GET", "/api/v1/pushes/{id}", Admin),
    ("POST", "/api/v1/pushes/{id}/finish", Admin),
    ("POST", "/api/v1/games/{slug}/jumps", People),
    ("POST", "/api/v1/games/{slug}/patches", People),
    ("POST", "/api/v1/jumps/{id}/start", People),
    ("GET", "/api/v1/jumps/{id}", People),
    ("GET", "/api/v1/manifests/{hash}", SignedIn),
    ("GET", "/api/v1/jobs", Admin),
    ("POST", "/api/v1/jobs/{id}/retry", Admin),
    ("POST", "/api/v1/seed/jobs/claim", Seed),
    ("POST", "/api/v1/seed/jobs/{id}/progress", Seed),
    ("POST", "/api/v1/seed/jobs/{id}/complete", Seed),
    ("POST", "/api/v1/seed/jobs/{id}/fail", Seed),
    ("POST", "/api/v1/seed/status", Seed),
    ("GET", "/api/v1/devices", People),
    ("PUT", "/api/v1/devices/{peer}", SignedIn),
    ("DELETE", "/api/v1/devices/{peer}", SignedIn),
    ("POST", "/api/v1/swarm/announce", SignedIn),
    ("POST", "/api/v1/swarm/sources", SignedIn),
    ("POST", "/api/v1/swarm/tickets", SignedIn),
    ("GET", "/api/v1/swarm/deny", SignedIn),
    ("POST", "/api/v1/swarm/reports", People),
    ("GET", "/api/v1/events", SignedIn),
    ("GET", "/api/v1/stats", Admin),
    ("GET", "/api/v1/audit", Admin),
];

/// Who may call this route; none if it is not in the table.
pub fn access(method: &Method, path: &str) -> Option<Access> {
    TABLE.iter().find(|(m, p, _)| *m == method.as_str() && *p == path).map(|(.., access)| *access)
}
