//! The table of routes.
//!
//! A route that is added here is in the description of the API, can be called by every client, and is checked for who
//! calls it; a test fails until the server answers it.

use super::{
    Access, AnyJson, AsJson, Entry, Events, Info, JsonOrNothing, Method, NoQuery, Nothing, Octets, Picture,
    Route, Text, openapi,
};
use crate::{
    Hash, Slug, Version,
    http::{
        AddressProof, Announce, Announced, AuditLog, AuditQuery, Build, BuildFiles, BuildList, Catalogue,
        CatalogueQuery, ChangePassword, Changes, ChangesQuery, ClaimRequest, ClaimedJob, ClientList, Confirm,
        CoverQuery, DefaultPolicy, DenyList, Device, DeviceList, EditBuild, EnrolledSeed, FactorCode,
        FilePlace, FileQuery, FilesQuery, Game, GameField, GameList, GamePolicy, GameSwarm, History,
        HistoryQuery, Insurance, Invitation, InviteList, Job, JobFailed, JobList, JobLog, JobProgress,
        JobResult, JobsBegun, Join, Joined, Jump, JumpRequest, LeaseState, Login, MadeInvite, MadeToken, Me,
        NewDevice, NewGame, NewInvite, NewReset, NewSecondFactor, NewSeed, NewToken, NewUser, Notifications,
        PageQuery, PartAccepted, PatchRequest, PieceCounts, PieceMap, PolicyPreview, PruneRequest, Pruned,
        Push, PushQuery, RecoveryCodes, RefreshRequest, RegisterReleaseKey, RemoveSeedQuery, ScrubAsked,
        Seal, SecondFactor, SeedList, SeedLogin, SeedSession, ServerSettings, Session, SessionList,
        SetGamePolicy, SetLive, SetSetting, ShowInvite, Sources, SourcesRequest, Stats, SteamApp,
        StoreOrders, StoreStats, TicketList, TicketsRequest, TokenLevel, TokenList, Topic, TransferReport,
        Trust, UpdateGame, UpdateUser, UploadState, User, UserList,
    },
    ids::{PeerName, UserName},
    limits,
};

/// The type that is given, or else the one that stands for nothing.
macro_rules! or {
    ($nothing:ty;) => {
        $nothing
    };
    ($nothing:ty; $given:ty) => {
        $given
    };
}

/// The value that is given, or else the usual one.
macro_rules! or_value {
    ($usual:expr;) => {
        $usual
    };
    ($usual:expr; $given:expr) => {
        $given
    };
}

/// Whether a type is given.
macro_rules! is_given {
    () => {
        false
    };
    ($given:ty) => {
        true
    };
}

/// What a token has to open, unless the table says: reading for what reads.
const fn usual_level(method: Method) -> Option<TokenLevel> {
    match method {
        Method::Get => Some(TokenLevel::Read),
        _ => Some(TokenLevel::Admin),
    }
}

/// What a token has to open by the word in the table.
macro_rules! level_of {
    (Never) => {
        None
    };
    ($level:ident) => {
        Some(TokenLevel::$level)
    };
}

/// Declares the routes: a type for each, and the list of all.
macro_rules! routes {
    ($(
        #[doc = $summary:literal]
        $name:ident = $id:literal $method:ident $path:literal, $access:ident, $tag:literal {
            $( at: $place:ty, )?
            $( query: $query:ty, )?
            $( body: $body:ty, )?
            $( at_most: $max:expr, )?
            $( answer: $answer:ty, )?
            $( status: $status:literal, )?
            $( also: [$($also:literal),+], )?
            $( token: $token:ident, )?
            $( confirmed: $confirmed:literal, )?
            $( changes: $topic:ident, )?
            $( refusals: [$(($refused:literal, $code:literal)),+], )?
        }
    )+) => {
        $(
            #[doc = $summary]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Route for $name {
                const INFO: Info = Info {
                    id: $id,
                    summary: $summary.trim_ascii_start(),
                    tag: $tag,
                    method: Method::$method,
                    path: $path,
                    access: Access::$access,
                    token: or_value!(usual_level(Method::$method); $(level_of!($token))?),
                    confirmed: or_value!(false; $($confirmed)?),
                    changes: or_value!(None; $(Some(Topic::$topic))?),
                    takes_body: is_given!($($body)?),
                    status: or_value!(200; $($status)?),
                    also: or_value!(&[]; $(&[$($also),+])?),
                    max_body: or_value!(limits::MAX_JSON_BODY; $($max)?),
                    own_refusals: or_value!(&[]; $(&[$(($refused, $code)),+])?),
                };
                type Place = or!((); $($place)?);
                type Query = or!(NoQuery; $($query)?);
                type Body = or!(Nothing; $($body)?);
                type Answer = or!(Nothing; $($answer)?);
            }
        )+

        /// Every route.
        pub const ALL: &[Entry] = &[$(Entry { info: $name::INFO, describe: openapi::shape::<$name> }),+];
    };
}

routes! {
    /// Whether the tracker serves and reaches its database.
    Health = "health" Get "/healthz", Anyone, "health" {
        answer: Text,
        refusals: [(503, "database_away")],
    }
    /// The description of the API.
    Describe = "describe" Get "/api/v1/openapi.json", Anyone, "health" {
        answer: AnyJson,
    }
    /// The keys to pin.
    GetTrust = "getTrust" Get "/api/v1/trust", Anyone, "auth" {
        answer: AsJson<Trust>,
    }
    /// Prove that the server holds its key.
    ProveAddress = "proveAddress" Post "/api/v1/trust/proof", Anyone, "auth" {
        body: AsJson<crate::http::ProveAddress>,
        answer: AsJson<AddressProof>,
        refusals: [(400, "bad_request"), (403, "not_this_address")],
    }
    /// Sign in.
    SignIn = "signIn" Post "/api/v1/auth/login", Anyone, "auth" {
        body: AsJson<Login>,
        answer: AsJson<Session>,
        changes: Accounts,
        refusals: [
            (400, "bad_request"), (401, "not_signed_in"), (401, "second_factor"), (401, "wrong_code"),
            (429, "too_many_attempts"), (503, "busy")
        ],
    }
    /// Exchange a refresh token.
    RefreshSession = "refreshSession" Post "/api/v1/auth/refresh", Anyone, "auth" {
        body: AsJson<RefreshRequest>,
        answer: AsJson<Session>,
        refusals: [(400, "bad_request"), (401, "not_signed_in")],
    }
    /// Sign out.
    SignOut = "signOut" Post "/api/v1/auth/logout", Anyone, "auth" {
        body: AsJson<RefreshRequest>,
        status: 204,
        changes: Accounts,
        refusals: [(400, "bad_request")],
    }
    /// Sign a browser in: its session is a cookie that no script can read.
    SignBrowserIn = "signBrowserIn" Post "/api/v1/auth/browser", Anyone, "auth" {
        body: AsJson<Login>,
        answer: AsJson<Me>,
        changes: Accounts,
        refusals: [
            (400, "bad_request"), (401, "not_signed_in"), (401, "second_factor"), (401, "wrong_code"), (403, "cross_site"),
            (429, "too_many_attempts"), (503, "busy")
        ],
    }
    /// Sign a browser out.
    SignBrowserOut = "signBrowserOut" Delete "/api/v1/auth/browser", Anyone, "auth" {
        status: 204,
        changes: Accounts,
        refusals: [(403, "cross_site")],
    }
    /// What the code of an invite is good for.
    LookAtInvite = "lookAtInvite" Post "/api/v1/auth/invitation", Anyone, "auth" {
        body: AsJson<ShowInvite>,
        answer: AsJson<Invitation>,
        refusals: [(400, "bad_request"), (404, "unknown_invite"), (429, "too_many_attempts")],
    }
    /// Make the account of an invite, or set the password of a lost one.
    JoinByInvite = "joinByInvite" Post "/api/v1/auth/join", Anyone, "auth" {
        body: AsJson<Join>,
        answer: AsJson<Joined>,
        status: 201,
        changes: Accounts,
        refusals: [
            (400, "bad_request"), (400, "bad_password"), (400, "bad_name"), (404, "unknown_invite"), (409, "user_exists"),
            (429, "too_many_attempts"), (503, "busy")
        ],
    }
    /// Sign a seed in.
    SignSeedIn = "signSeedIn" Post "/api/v1/auth/seed", Anyone, "auth" {
        body: AsJson<SeedLogin>,
        answer: AsJson<SeedSession>,
        refusals: [(400, "bad_request"), (401, "not_signed_in")],
    }
    /// Who the caller is.
    GetMe = "getMe" Get "/api/v1/me", People, "auth" {
        answer: AsJson<Me>,
    }
    /// Change the caller's own password; every other session ends.
    ChangeOwnPassword = "changePassword" Put "/api/v1/me/password", People, "auth" {
        body: AsJson<ChangePassword>,
        status: 204,
        token: Never,
        changes: Accounts,
        refusals: [
            (400, "bad_request"), (400, "bad_password"), (403, "wrong_password"), (404, "not_found"),
            (429, "too_many_attempts"), (503, "busy")
        ],
    }
    /// Give the password again, before what destroys.
    ConfirmPassword = "confirmPassword" Post "/api/v1/me/confirmation", People, "auth" {
        body: AsJson<Confirm>,
        status: 204,
        token: Never,
        refusals: [
            (400, "bad_request"), (403, "wrong_password"), (404, "not_found"), (429, "too_many_attempts"), (503, "busy")
        ],
    }
    /// Whether the caller has a second factor.
    GetSecondFactor = "getSecondFactor" Get "/api/v1/me/second-factor", People, "auth" {
        answer: AsJson<SecondFactor>,
    }
    /// Make a secret for the caller's authenticator.
    BeginSecondFactor = "beginSecondFactor" Post "/api/v1/me/second-factor", People, "auth" {
        answer: AsJson<NewSecondFactor>,
        status: 201,
        token: Never,
        confirmed: true,
        refusals: [(404, "not_found"), (409, "factor_exists")],
    }
    /// Show the first code; from then on one is asked for at each sign-in.
    ConfirmSecondFactor = "confirmSecondFactor" Put "/api/v1/me/second-factor", People, "auth" {
        body: AsJson<FactorCode>,
        answer: AsJson<RecoveryCodes>,
        token: Never,
        changes: Accounts,
        refusals: [(400, "bad_request"), (403, "wrong_code"), (404, "not_found"), (409, "factor_exists"), (429, "too_many_attempts")],
    }
    /// Go without a second factor.
    RemoveSecondFactor = "removeSecondFactor" Delete "/api/v1/me/second-factor", People, "auth" {
        status: 204,
        token: Never,
        confirmed: true,
        changes: Accounts,
        refusals: [(404, "not_found")],
    }
    /// List where the caller is signed in.
    ListOwnSessions = "listOwnSessions" Get "/api/v1/me/sessions", People, "auth" {
        query: PageQuery,
        answer: AsJson<SessionList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Sign the caller out somewhere.
    EndOwnSession = "endOwnSession" Delete "/api/v1/me/sessions/{id}", People, "auth" {
        at: String,
        status: 204,
        token: Never,
        changes: Accounts,
    }
    /// List the API tokens of all admins, the oldest first.
    ListTokens = "listTokens" Get "/api/v1/tokens", Admin, "auth" {
        query: PageQuery,
        answer: AsJson<TokenList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Make an API token of the caller's own; it is shown this once.
    AddToken = "addToken" Post "/api/v1/tokens", Admin, "auth" {
        body: AsJson<NewToken>,
        answer: AsJson<MadeToken>,
        status: 201,
        token: Never,
        confirmed: true,
        changes: Tokens,
        refusals: [(400, "bad_request"), (404, "not_found"), (409, "too_many_tokens")],
    }
    /// Let an API token count no more.
    RemoveToken = "removeToken" Delete "/api/v1/tokens/{id}", Admin, "auth" {
        at: String,
        status: 204,
        changes: Tokens,
    }
    /// Register the key that signs builds.
    RegisterKey = "registerReleaseKey" Post "/api/v1/release-key", Admin, "auth" {
        body: AsJson<RegisterReleaseKey>,
        answer: AsJson<Trust>,
        token: Never,
        confirmed: true,
        changes: Keys,
        refusals: [(400, "bad_request"), (409, "key_exists")],
    }
    /// Hand over to a new key that signs builds.
    RotateKey = "rotateReleaseKey" Post "/api/v1/release-key/rotations", Admin, "auth" {
        body: Octets,
        answer: AsJson<Trust>,
        token: Never,
        confirmed: true,
        changes: Keys,
        refusals: [(400, "bad_rotation"), (409, "key_exists")],
    }
    /// Say which key can take over from the present one if that is lost, by the statement that hands over to it.
    NoteRecoveryKey = "noteRecoveryKey" Put "/api/v1/release-key/recovery", Admin, "auth" {
        body: Octets,
        status: 204,
        token: Never,
        confirmed: true,
        changes: Keys,
        refusals: [(400, "bad_rotation"), (409, "key_exists")],
    }

    /// Say who may sign builds beside the release key, by a list that it has signed.
    SetPublishers = "setPublishers" Put "/api/v1/release-key/publishers", Admin, "auth" {
        body: Octets,
        answer: AsJson<Trust>,
        token: Never,
        confirmed: true,
        changes: Keys,
        refusals: [(400, "bad_publishers"), (409, "key_exists"), (409, "publishers_changed")],
    }

    /// List the packages of the client, the newest of each platform and kind.
    ListClients = "listClients" Get "/api/v1/clients", Anyone, "clients" {
        answer: AsJson<ClientList>,
    }
    /// A part of a package of the client: a MiB, but for its last.
    GetClientPart = "getClientPart" Get "/api/v1/clients/{hash}/{number}", Anyone, "clients" {
        at: (Hash, u32),
        answer: Octets,
    }
    /// Send a part of a package of the client, before it is offered.
    PutClientPart = "putClientPart" Put "/api/v1/clients/{hash}/{number}", Admin, "clients" {
        at: (Hash, u32),
        body: Octets,
        at_most: limits::CLIENT_PART,
        status: 204,
        confirmed: true,
        refusals: [(400, "bad_package"), (409, "too_many_packages")],
    }
    /// Offer a package of the client whose parts are here, by a statement that the release key has signed.
    OfferClient = "offerClient" Post "/api/v1/clients", Admin, "clients" {
        body: Octets,
        at_most: limits::MAX_CLIENT_STATEMENT,
        answer: AsJson<ClientList>,
        confirmed: true,
        refusals: [(400, "bad_package"), (409, "key_exists"), (409, "older_package"), (409, "too_many_packages")],
    }
    /// Offer a package of the client no longer.
    WithdrawClient = "withdrawClient" Delete "/api/v1/clients/{hash}", Admin, "clients" {
        at: Hash,
        status: 204,
        confirmed: true,
    }

    /// List the accounts, by name.
    ListUsers = "listUsers" Get "/api/v1/users", Admin, "users" {
        query: PageQuery,
        answer: AsJson<UserList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Make an account.
    AddUser = "addUser" Post "/api/v1/users", Admin, "users" {
        body: AsJson<NewUser>,
        answer: AsJson<User>,
        status: 201,
        changes: Accounts,
        refusals: [
            (400, "bad_request"), (400, "bad_password"), (400, "bad_scope"), (409, "user_exists"), (503, "busy")
        ],
    }
    /// Change a password, disable or enable an account.
    ChangeUser = "changeUser" Patch "/api/v1/users/{name}", Admin, "users" {
        at: UserName,
        body: AsJson<UpdateUser>,
        answer: AsJson<User>,
        confirmed: true,
        changes: Accounts,
        refusals: [(400, "bad_request"), (400, "bad_password"), (409, "last_admin"), (503, "busy")],
    }
    /// Remove an account.
    RemoveUser = "removeUser" Delete "/api/v1/users/{name}", Admin, "users" {
        at: UserName,
        status: 204,
        confirmed: true,
        changes: Accounts,
        refusals: [(409, "last_admin")],
    }
    /// Let an account see a private game.
    GrantGame = "grantGame" Put "/api/v1/users/{name}/grants/{slug}", Admin, "users" {
        at: (UserName, Slug),
        status: 204,
        changes: Accounts,
    }
    /// Take the right to see a private game back.
    RevokeGame = "revokeGame" Delete "/api/v1/users/{name}/grants/{slug}", Admin, "users" {
        at: (UserName, Slug),
        status: 204,
        changes: Accounts,
    }

    /// List where an account is signed in.
    ListSessions = "listSessions" Get "/api/v1/users/{name}/sessions", Admin, "users" {
        at: UserName,
        query: PageQuery,
        answer: AsJson<SessionList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Sign an account out everywhere.
    EndSessions = "endSessions" Delete "/api/v1/users/{name}/sessions", Admin, "users" {
        at: UserName,
        status: 204,
        changes: Accounts,
    }
    /// Sign an account out somewhere.
    EndSession = "endSession" Delete "/api/v1/users/{name}/sessions/{id}", Admin, "users" {
        at: (UserName, String),
        status: 204,
        changes: Accounts,
    }
    /// Remove the second factor of an account whose owner lost it.
    RemoveUserFactor = "removeUserFactor" Delete "/api/v1/users/{name}/second-factor", Admin, "users" {
        at: UserName,
        status: 204,
        token: Never,
        confirmed: true,
        changes: Accounts,
    }
    /// List the devices of an account, by peer id.
    ListUserDevices = "listUserDevices" Get "/api/v1/users/{name}/devices", Admin, "users" {
        at: UserName,
        query: PageQuery,
        answer: AsJson<DeviceList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Unbind a device of an account; its tickets no longer count.
    UnbindUserDevice = "unbindUserDevice" Delete "/api/v1/users/{name}/devices/{peer}", Admin, "users" {
        at: (UserName, PeerName),
        status: 204,
        changes: Accounts,
    }
    /// Make a link by which somebody sets their lost password anew; one before it no longer counts.
    AddReset = "addReset" Post "/api/v1/users/{name}/reset", Admin, "users" {
        at: UserName,
        body: AsJson<NewReset>,
        answer: AsJson<MadeInvite>,
        status: 201,
        token: Never,
        confirmed: true,
        changes: Invites,
        refusals: [(400, "bad_request"), (400, "bad_invite")],
    }
    /// List the invites, the newest first.
    ListInvites = "listInvites" Get "/api/v1/invites", Admin, "users" {
        query: PageQuery,
        answer: AsJson<InviteList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Make an invite; its link is shown this once.
    AddInvite = "addInvite" Post "/api/v1/invites", Admin, "users" {
        body: AsJson<NewInvite>,
        answer: AsJson<MadeInvite>,
        status: 201,
        changes: Invites,
        refusals: [(400, "bad_request"), (400, "bad_invite"), (404, "not_found"), (409, "user_exists")],
    }
    /// Let an invite count no more.
    RemoveInvite = "removeInvite" Delete "/api/v1/invites/{id}", Admin, "users" {
        at: String,
        status: 204,
        changes: Invites,
    }

    /// List the seeds that may sign in, by name.
    ListSeeds = "listSeeds" Get "/api/v1/seeds", Admin, "seeds" {
        query: PageQuery,
        answer: AsJson<SeedList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Add a seed; its enrolment token is shown this once.
    AddSeed = "addSeed" Post "/api/v1/seeds", Admin, "seeds" {
        body: AsJson<NewSeed>,
        answer: AsJson<EnrolledSeed>,
        status: 201,
        confirmed: true,
        changes: Seeds,
        refusals: [(400, "bad_request"), (409, "seed_exists")],
    }
    /// Remove a seed that holds no builds, or one that is gone and whose builds other seeds have too.
    RemoveSeed = "removeSeed" Delete "/api/v1/seeds/{name}", Admin, "seeds" {
        at: UserName,
        query: RemoveSeedQuery,
        status: 204,
        confirmed: true,
        changes: Seeds,
        refusals: [(409, "seed_in_use")],
    }

    /// All games that the caller may see with their builds, or what changed of them.
    GetCatalogue = "getCatalogue" Get "/api/v1/catalogue", SignedIn, "catalogue" {
        query: CatalogueQuery,
        answer: AsJson<Catalogue>,
        refusals: [(400, "bad_request")],
    }
    /// List the games that the caller may see, by title.
    ListGames = "listGames" Get "/api/v1/games", SignedIn, "catalogue" {
        query: PageQuery,
        answer: AsJson<GameList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Make a game.
    AddGame = "addGame" Post "/api/v1/games", Admin, "catalogue" {
        body: AsJson<NewGame>,
        answer: AsJson<Game>,
        status: 201,
        token: Publish,
        refusals: [(400, "bad_request"), (409, "game_exists")],
    }
    /// Show a game.
    GetGame = "getGame" Get "/api/v1/games/{slug}", SignedIn, "catalogue" {
        at: Slug,
        answer: AsJson<Game>,
    }
    /// Change what the catalogue says about a game.
    EditGame = "editGame" Patch "/api/v1/games/{slug}", Admin, "catalogue" {
        at: Slug,
        body: AsJson<UpdateGame>,
        answer: AsJson<Game>,
        token: Publish,
        refusals: [(400, "bad_request")],
    }
    /// Remove a game with all its builds.
    RemoveGame = "removeGame" Delete "/api/v1/games/{slug}", Admin, "catalogue" {
        at: Slug,
        status: 204,
        confirmed: true,
    }
    /// Pull title, description and cover from Steam, but for what was edited by hand.
    ResyncSteam = "resyncSteam" Post "/api/v1/games/{slug}/resync-steam", Admin, "catalogue" {
        at: Slug,
        answer: AsJson<Game>,
        token: Publish,
        refusals: [(400, "no_app_id"), (409, "unknown_app"), (503, "steam_away")],
    }

    /// Let Steam's word stand again where a person wrote; without a Steam application, what a new game has.
    ResetField = "resetField" Delete "/api/v1/games/{slug}/by-hand/{field}", Admin, "catalogue" {
        at: (Slug, GameField),
        answer: AsJson<Game>,
        refusals: [(409, "unknown_app"), (503, "steam_away")],
    }
    /// The cover of a game. The bytes of one id never change.
    GetCover = "getCover" Get "/api/v1/games/{slug}/cover/{id}", SignedIn, "catalogue" {
        at: (Slug, Hash),
        query: CoverQuery,
        answer: Picture,
        also: [304],
        refusals: [(400, "bad_request")],
    }
    /// Take a PNG, JPEG or WebP picture as the cover.
    PutCover = "putCover" Put "/api/v1/games/{slug}/cover", Admin, "catalogue" {
        at: Slug,
        body: Octets,
        at_most: limits::MAX_PICTURE,
        answer: AsJson<Game>,
        refusals: [(400, "bad_picture")],
    }
    /// Take the cover away, and keep Steam's away too.
    RemoveCover = "removeCover" Delete "/api/v1/games/{slug}/cover", Admin, "catalogue" {
        at: Slug,
        answer: AsJson<Game>,
    }
    /// What Steam says about an application.
    PreviewSteam = "previewSteam" Get "/api/v1/steam/{app}", Admin, "catalogue" {
        at: u32,
        answer: AsJson<SteamApp>,
        refusals: [(409, "unknown_app"), (503, "steam_away")],
    }
    /// The picture that Steam has for an application.
    PreviewSteamCover = "previewSteamCover" Get "/api/v1/steam/{app}/cover", Admin, "catalogue" {
        at: u32,
        answer: Picture,
        refusals: [(409, "unknown_app"), (503, "steam_away")],
    }

    /// List the builds of a game, oldest first.
    ListBuilds = "listBuilds" Get "/api/v1/games/{slug}/builds", SignedIn, "builds" {
        at: Slug,
        query: PageQuery,
        answer: AsJson<BuildList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// List the files of a build, by path.
    ListFiles = "listFiles" Get "/api/v1/games/{slug}/builds/{version}/files", SignedIn, "builds" {
        at: (Slug, Version),
        query: FilesQuery,
        answer: AsJson<BuildFiles>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Where one file of a build can be had by itself.
    FindFile = "findFile" Get "/api/v1/games/{slug}/builds/{version}/file", SignedIn, "builds" {
        at: (Slug, Version),
        query: FileQuery,
        answer: AsJson<FilePlace>,
        refusals: [(400, "bad_request"), (503, "preparing"), (503, "no_copy")],
    }
    /// What changed between two builds, and what each file costs in the patch.
    ListChanges = "listChanges" Get "/api/v1/games/{slug}/builds/{version}/changes", SignedIn, "builds" {
        at: (Slug, Version),
        query: ChangesQuery,
        answer: AsJson<Changes>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Change what is said of a build, and whether pruning leaves it alone.
    ChangeBuild = "changeBuild" Patch "/api/v1/games/{slug}/builds/{version}", Admin, "builds" {
        at: (Slug, Version),
        body: AsJson<EditBuild>,
        answer: AsJson<Build>,
        refusals: [(400, "bad_request")],
    }
    /// Remove a build that is not live.
    RemoveBuild = "removeBuild" Delete "/api/v1/games/{slug}/builds/{version}", Admin, "builds" {
        at: (Slug, Version),
        status: 204,
        confirmed: true,
        refusals: [(409, "is_live"), (409, "is_pinned"), (409, "is_next")],
    }
    /// The signed envelope of a build.
    GetBuildManifest = "getBuildManifest" Get "/api/v1/games/{slug}/builds/{version}/manifest", SignedIn, "builds" {
        at: (Slug, Version),
        answer: Octets,
        also: [304],
        refusals: [(426, "client_too_old")],
    }
    /// The signed envelope of that hash.
    GetManifest = "getManifest" Get "/api/v1/manifests/{hash}", SignedIn, "builds" {
        at: Hash,
        answer: Octets,
        also: [304],
        refusals: [(426, "client_too_old")],
    }
    /// Make a ready build live.
    MakeLive = "makeLive" Put "/api/v1/games/{slug}/live", Admin, "builds" {
        at: Slug,
        body: AsJson<SetLive>,
        status: 204,
        token: Publish,
        refusals: [(400, "bad_request"), (400, "bad_time"), (409, "not_ready"), (409, "below_floor")],
    }
    /// Let no build go live by itself.
    CancelNextLive = "cancelNextLive" Delete "/api/v1/games/{slug}/live", Admin, "builds" {
        at: Slug,
        status: 204,
        token: Publish,
        refusals: [(409, "nothing_scheduled")],
    }
    /// Remove old builds by a policy, or say which would go.
    PruneBuilds = "pruneBuilds" Post "/api/v1/games/{slug}/prune", Admin, "builds" {
        at: Slug,
        body: AsJson<PruneRequest>,
        answer: AsJson<Pruned>,
        refusals: [(400, "bad_request"), (400, "bad_policy"), (403, "confirm_password")],
    }
    /// The policy by which the server prunes games that have none of their own.
    GetPolicy = "getPolicy" Get "/api/v1/policy", Admin, "builds" {
        answer: AsJson<DefaultPolicy>,
    }
    /// Change the policy for all games that have none of their own.
    ChangePolicy = "changePolicy" Put "/api/v1/policy", Admin, "builds" {
        body: AsJson<DefaultPolicy>,
        answer: AsJson<DefaultPolicy>,
        confirmed: true,
        changes: Policies,
        refusals: [(400, "bad_request"), (400, "bad_policy")],
    }
    /// Say what would go by another policy for all games.
    PreviewPolicy = "previewPolicy" Post "/api/v1/policy/preview", Admin, "builds" {
        body: AsJson<DefaultPolicy>,
        answer: AsJson<PolicyPreview>,
        refusals: [(400, "bad_request"), (400, "bad_policy")],
    }
    /// What a game's old builds are pruned by.
    GetGamePolicy = "getGamePolicy" Get "/api/v1/games/{slug}/policy", Admin, "builds" {
        at: Slug,
        answer: AsJson<GamePolicy>,
    }
    /// Change what a game's old builds are pruned by.
    ChangeGamePolicy = "changeGamePolicy" Put "/api/v1/games/{slug}/policy", Admin, "builds" {
        at: Slug,
        body: AsJson<SetGamePolicy>,
        answer: AsJson<GamePolicy>,
        confirmed: true,
        changes: Policies,
        refusals: [(400, "bad_request"), (400, "bad_policy")],
    }
    /// What friends could give back of a game's builds.
    GetInsurance = "getInsurance" Get "/api/v1/games/{slug}/insurance", Admin, "builds" {
        at: Slug,
        answer: AsJson<Insurance>,
    }
    /// Have random pieces of a game's builds fetched from friends, to see that they would give them back.
    SampleGame = "sampleGame" Post "/api/v1/games/{slug}/samples", Admin, "builds" {
        at: Slug,
        answer: AsJson<JobsBegun>,
    }
    /// Have what stores lack of a game made anew, out of what friends and other seeds have.
    RebuildGame = "rebuildGame" Post "/api/v1/games/{slug}/rebuild", Admin, "builds" {
        at: Slug,
        answer: AsJson<JobsBegun>,
    }
    /// Begin or resume a push with the signed envelope.
    BeginPush = "beginPush" Post "/api/v1/games/{slug}/pushes", Admin, "builds" {
        at: Slug,
        query: PushQuery,
        body: Octets,
        at_most: limits::MAX_ENVELOPE,
        answer: AsJson<Push>,
        token: Publish,
        refusals: [
            (400, "bad_request"), (400, "bad_manifest"), (400, "wrong_game"), (403, "wrong_key"), (409, "no_release_key"),
            (409, "version_exists"), (409, "push_in_progress"), (409, "sequence_taken"), (409, "below_floor"),
            (503, "no_seed")
        ],
    }
    /// How far a push is.
    GetPush = "getPush" Get "/api/v1/pushes/{id}", Admin, "builds" {
        at: String,
        answer: AsJson<Push>,
    }
    /// End the upload; the seed's jobs begin.
    FinishPush = "finishPush" Post "/api/v1/pushes/{id}/finish", Admin, "builds" {
        at: String,
        answer: AsJson<Push>,
        token: Publish,
    }

    /// Ask for a patch from the folder that has this folder signature.
    AskForJump = "askForJump" Post "/api/v1/games/{slug}/jumps", People, "jumps" {
        at: Slug,
        body: AsJson<JumpRequest>,
        answer: AsJson<Jump>,
        refusals: [(400, "bad_request"), (400, "bad_signature"), (409, "jump_running"), (503, "no_seed")],
    }
    /// The folder signature of a jump was sent: begin.
    StartJump = "startJump" Post "/api/v1/jumps/{id}/start", People, "jumps" {
        at: String,
        answer: AsJson<Jump>,
        refusals: [(409, "jump_running"), (503, "no_seed")],
    }
    /// How far a jump is.
    GetJump = "getJump" Get "/api/v1/jumps/{id}", People, "jumps" {
        at: String,
        answer: AsJson<Jump>,
    }
    /// Say that one patch would be better than a chain of them.
    AskForPatch = "askForPatch" Post "/api/v1/games/{slug}/patches", People, "jumps" {
        at: Slug,
        body: AsJson<PatchRequest>,
        status: 204,
        refusals: [(400, "bad_request")],
    }

    /// List the jobs, the newest first.
    ListJobs = "listJobs" Get "/api/v1/jobs", Admin, "jobs" {
        query: PageQuery,
        answer: AsJson<JobList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Tell what happened to a job, line by line.
    GetJobLog = "getJobLog" Get "/api/v1/jobs/{id}/log", Admin, "jobs" {
        at: String,
        answer: AsJson<JobLog>,
    }
    /// Run a failed job again.
    RetryJob = "retryJob" Post "/api/v1/jobs/{id}/retry", Admin, "jobs" {
        at: String,
        answer: AsJson<Job>,
        token: Publish,
        refusals: [(409, "not_failed")],
    }
    /// End a job that waits or runs; it can be run again.
    CancelJob = "cancelJob" Post "/api/v1/jobs/{id}/cancel", Admin, "jobs" {
        at: String,
        answer: AsJson<Job>,
        token: Publish,
        refusals: [(409, "not_open"), (409, "must_run")],
    }
    /// Wait for the next job.
    ClaimJob = "claimJob" Post "/api/v1/seed/jobs/claim", Seed, "seed" {
        body: AsJson<ClaimRequest>,
        answer: JsonOrNothing<ClaimedJob>,
        also: [204],
        refusals: [(400, "bad_request")],
    }
    /// Report progress and keep the lease.
    ReportProgress = "reportProgress" Post "/api/v1/seed/jobs/{id}/progress", Seed, "seed" {
        at: String,
        body: AsJson<JobProgress>,
        answer: AsJson<LeaseState>,
        refusals: [(400, "bad_request"), (409, "lease_lost")],
    }
    /// A job is done.
    CompleteJob = "completeJob" Post "/api/v1/seed/jobs/{id}/complete", Seed, "seed" {
        at: String,
        body: AsJson<JobResult>,
        status: 204,
        refusals: [(400, "bad_request"), (400, "no_blob"), (409, "lease_lost")],
    }
    /// A job failed.
    FailJob = "failJob" Post "/api/v1/seed/jobs/{id}/fail", Seed, "seed" {
        at: String,
        body: AsJson<JobFailed>,
        status: 204,
        refusals: [(400, "bad_request"), (409, "lease_lost")],
    }
    /// A seed's word about its store.
    ReportStore = "reportStore" Post "/api/v1/seed/status", Seed, "seed" {
        body: AsJson<StoreStats>,
        answer: JsonOrNothing<StoreOrders>,
        also: [204],
        refusals: [(400, "bad_request"), (400, "bad_url"), (409, "store_in_use")],
    }
    /// Which pieces a seed's peers have of what they are fetching.
    ReportPieces = "reportPieces" Put "/api/v1/seed/pieces", Seed, "seed" {
        body: AsJson<PieceCounts>,
        status: 204,
        refusals: [(400, "bad_request"), (400, "bad_pieces")],
    }

    /// List the caller's devices, by peer id.
    ListDevices = "listDevices" Get "/api/v1/devices", People, "swarm" {
        query: PageQuery,
        answer: AsJson<DeviceList>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }
    /// Bind a peer id to the caller.
    BindDevice = "bindDevice" Put "/api/v1/devices/{peer}", SignedIn, "swarm" {
        at: PeerName,
        body: AsJson<NewDevice>,
        answer: AsJson<Device>,
        changes: Accounts,
        refusals: [(400, "bad_request"), (409, "peer_taken"), (409, "too_many_devices")],
    }
    /// Unbind a peer id; its tickets no longer count.
    UnbindDevice = "unbindDevice" Delete "/api/v1/devices/{peer}", SignedIn, "swarm" {
        at: PeerName,
        status: 204,
        changes: Accounts,
    }
    /// Say who is here and what they serve.
    AnnouncePeer = "announcePeer" Post "/api/v1/swarm/announce", SignedIn, "swarm" {
        body: AsJson<Announce>,
        at_most: limits::MAX_ANNOUNCE,
        answer: AsJson<Announced>,
        refusals: [(400, "bad_request"), (400, "bad_announce"), (409, "unknown_device"), (503, "swarm_full")],
    }
    /// Who has a blob.
    FindSources = "findSources" Post "/api/v1/swarm/sources", SignedIn, "swarm" {
        body: AsJson<SourcesRequest>,
        answer: AsJson<Sources>,
        refusals: [(400, "bad_request"), (404, "not_found")],
    }
    /// Tickets for every game that the caller may see.
    IssueTickets = "issueTickets" Post "/api/v1/swarm/tickets", SignedIn, "swarm" {
        body: AsJson<TicketsRequest>,
        answer: AsJson<TicketList>,
        refusals: [(400, "bad_request"), (409, "unknown_device")],
    }
    /// Tickets that no longer count.
    GetDenyList = "getDenyList" Get "/api/v1/swarm/deny", SignedIn, "swarm" {
        answer: AsJson<DenyList>,
    }
    /// Who takes part in a game's swarm now, and what they have.
    GetGameSwarm = "getGameSwarm" Get "/api/v1/games/{slug}/swarm", Admin, "swarm" {
        at: Slug,
        answer: AsJson<GameSwarm>,
    }
    /// How many friends have each piece of a blob of a game.
    GetPieceMap = "getPieceMap" Get "/api/v1/games/{slug}/swarm/{blob}", Admin, "swarm" {
        at: (Slug, Hash),
        answer: AsJson<PieceMap>,
    }
    /// Report what an operation has moved so far.
    ReportTransfer = "reportTransfer" Post "/api/v1/swarm/reports", People, "swarm" {
        body: AsJson<TransferReport>,
        status: 204,
        refusals: [(400, "bad_request"), (400, "bad_report"), (404, "not_found")],
    }

    /// Changes as they happen.
    ListenToEvents = "listenToEvents" Get "/api/v1/events", SignedIn, "events" {
        answer: Events,
    }
    /// What is told elsewhere, and how that went.
    GetNotifications = "getNotifications" Get "/api/v1/notifications", Admin, "notifications" {
        answer: AsJson<Notifications>,
    }
    /// Change where and of what is told.
    SetNotifications = "setNotifications" Put "/api/v1/notifications", Admin, "notifications" {
        body: AsJson<crate::http::SetNotifications>,
        answer: AsJson<Notifications>,
        changes: Notifications,
        refusals: [(400, "bad_request"), (400, "bad_webhook")],
    }
    /// Send a message to see whether it arrives.
    TestNotifications = "testNotifications" Post "/api/v1/notifications/test", Admin, "notifications" {
        status: 204,
        changes: Notifications,
        refusals: [(409, "no_webhook"), (409, "webhook_refused"), (503, "discord_away")],
    }
    /// Everything that the operator sees at a glance.
    GetStats = "getStats" Get "/api/v1/stats", Admin, "stats" {
        answer: AsJson<Stats>,
    }
    /// Have every seed read its whole store again, and hold it against its hash trees.
    ScrubStores = "scrubStores" Post "/api/v1/stores/scrub", Admin, "stats" {
        answer: AsJson<ScrubAsked>,
    }
    /// What friends received, who was online and what stores took, over time.
    GetHistory = "getHistory" Get "/api/v1/history", Admin, "stats" {
        query: HistoryQuery,
        answer: AsJson<History>,
        refusals: [(400, "bad_request"), (400, "bad_range")],
    }
    /// The settings of the server, and what set each.
    GetSettings = "getSettings" Get "/api/v1/settings", Admin, "stats" {
        answer: AsJson<ServerSettings>,
    }
    /// Change a setting that may change while the server runs.
    ChangeSetting = "changeSetting" Put "/api/v1/settings/{name}", Admin, "stats" {
        at: String,
        body: AsJson<SetSetting>,
        answer: AsJson<ServerSettings>,
        changes: Settings,
        refusals: [(400, "bad_request"), (400, "bad_setting"), (404, "not_found"), (409, "locked"), (409, "needs_restart")],
    }
    /// Let the default of a setting count again.
    ResetSetting = "resetSetting" Delete "/api/v1/settings/{name}", Admin, "stats" {
        at: String,
        answer: AsJson<ServerSettings>,
        changes: Settings,
        refusals: [(404, "not_found"), (409, "locked"), (409, "needs_restart")],
    }
    /// What friends trust of this server.
    GetSeal = "getSeal" Get "/api/v1/seal", Admin, "stats" {
        answer: AsJson<Seal>,
    }
    /// Who did what, the newest first.
    GetAudit = "getAudit" Get "/api/v1/audit", Admin, "stats" {
        query: AuditQuery,
        answer: AsJson<AuditLog>,
        refusals: [(400, "bad_request"), (400, "bad_cursor"), (400, "bad_limit")],
    }

    /// The bytes of a blob, or a part of them.
    GetBlob = "getBlob" Get "/seed/v1/blobs/{game}/{hash}", Capability, "bytes" {
        at: (Slug, Hash),
        answer: Octets,
        also: [202, 206, 304, 412, 416],
        refusals: [(500, "rotten")],
    }
    /// The stored frames of an archive, or a part of them.
    GetFrames = "getFrames" Get "/seed/v1/blobs/{game}/{hash}/zst", Capability, "bytes" {
        at: (Slug, Hash),
        answer: Octets,
        also: [202, 206, 304, 412, 416],
    }
    /// One file of an archive, or a part of it.
    GetFile = "getFile" Get "/seed/v1/blobs/{game}/{hash}/file", Capability, "bytes" {
        at: (Slug, Hash),
        query: FileQuery,
        answer: Octets,
        also: [202, 206, 304, 412, 416],
        refusals: [(400, "malformed"), (500, "rotten")],
    }
    /// The hash tree of a blob, or a part of it.
    GetOutboard = "getOutboard" Get "/seed/v1/blobs/{game}/{hash}/outboard", Capability, "bytes" {
        at: (Slug, Hash),
        answer: Octets,
        also: [202, 206, 304, 412, 416],
    }
    /// What the seed lacks of a push.
    GetUpload = "getUpload" Get "/seed/v1/uploads/{push}", Capability, "bytes" {
        at: String,
        answer: AsJson<UploadState>,
        refusals: [(404, "no_recipe"), (503, "store_away")],
    }
    /// Send the recipe of a push, packed by zstd.
    PutRecipe = "putRecipe" Put "/seed/v1/uploads/{push}/recipe", Capability, "bytes" {
        at: String,
        body: Octets,
        at_most: limits::MAX_RECIPE,
        answer: AsJson<UploadState>,
        refusals: [(400, "malformed"), (413, "too_large"), (503, "store_away"), (507, "store_full")],
    }
    /// Send missing chunks of a push.
    PutPart = "putPart" Put "/seed/v1/uploads/{push}/parts", Capability, "bytes" {
        at: String,
        body: Octets,
        at_most: limits::MAX_PART,
        answer: AsJson<PartAccepted>,
        refusals: [(400, "malformed"), (404, "no_recipe"), (413, "too_large"), (503, "store_away"), (507, "store_full")],
    }
    /// Send the folder signature of a jump.
    PutFolderSignature = "putSignature" Put "/seed/v1/signatures/{game}/{hash}", Capability, "bytes" {
        at: (Slug, Hash),
        body: Octets,
        at_most: limits::MAX_SIGNATURE,
        status: 204,
        refusals: [(400, "malformed"), (413, "too_large"), (503, "store_away"), (507, "store_full")],
    }
}
