//! Bodies of the tracker's HTTP API and of a seed's byte router: one topic's requests and responses together,
//! imported by the server and by every client.
//!
//! Paths are below `/api/v1` at the tracker and below `/seed/v1` at a seed. Bodies are JSON but where a doc says
//! bytes. A refused request answers with [`ProblemDetails`]. Fields are only ever added. Which
//! route takes and answers what stands in [`route`].

/// Where a seed's byte router answers, at the seed and, for the embedded one, at the tracker.
pub const SEED_ROUTER: &str = "/seed/v1";

mod around;
mod audit;
mod auth;
mod builds;
mod catalogue;
mod changes;
mod clients;
mod error;
mod events;
mod factor;
mod games;
mod history;
mod insurance;
mod jobs;
mod join;
mod jumps;
mod level;
mod notices;
mod page;
mod policy;
mod push;
pub mod route;
mod seal;
mod seeds;
mod sessions;
mod settings;
mod source;
mod stats;
mod swarm;
mod tokens;
mod users;

pub use around::{
    GameSwarm, MAX_SWARM_BLOBS, MAX_SWARM_RUNS, PieceCount, PieceCounts, PieceMap, PiecePart, SwarmBlob,
    SwarmHeld, SwarmNetwork, SwarmRun, pieces_of_part,
};
pub use audit::{AuditEntry, AuditLog, AuditQuery};
pub use auth::{
    AddressProof, Login, Me, ProveAddress, RefreshRequest, RegisterReleaseKey, SeedLogin, SeedSession,
    Session, Trust,
};
pub use builds::{
    Build, BuildList, BuildState, EditBuild, ForecastBy, KeepReason, Keeping, KeptBecause, KeptBuild,
    PatchForecast, PatchInfo, PruneRequest, Pruned, SetLive,
};
pub use catalogue::{Catalogue, CatalogueEntry, CatalogueQuery};
pub use changes::{
    Besides, BuildFile, BuildFiles, Change, ChangeKind, Changes, ChangesQuery, Count, FileCost, FilePlace,
    FileQuery, FilesQuery, PatchStory,
};
pub use clients::{ClientList, ClientOffer};
pub use error::{ErrorBody, ProblemDetails};
pub use events::{Event, Topic};
pub use factor::{CODE_DIGITS, FactorCode, NewSecondFactor, RECOVERY_CODES, RecoveryCodes, SecondFactor};
pub use games::{Cover, CoverQuery, CoverSize, Game, GameField, GameList, NewGame, SteamApp, UpdateGame};
pub use history::{History, HistoryBy, HistoryQuery, MAX_SERIES, NoneOf, Others, Resolution, Series};
pub use insurance::{Insurance, InsuredBuild, JobsBegun, Sampled};
pub use jobs::{
    ArchiveJob, ClaimRequest, ClaimedJob, DeleteJob, GatherJob, IngestJob, Job, JobFailed, JobList, JobLog,
    JobProgress, JobResult, JobSpec, JobState, JumpJob, LeaseState, LogLevel, LogLine, LogSource, PatchJob,
    PruneJob, SampleJob, SeedLine, SeedLines, SteamJob, TellJob, ThinJob, UnknownState,
};
pub use join::{
    INVITE_HOURS, Invitation, Invite, InviteCode, InviteList, Join, Joined, LinkKeys, MAX_INVITE_GAMES,
    MAX_INVITE_HOURS, MAX_INVITE_USES, MadeInvite, NewInvite, NewReset, RESET_HOURS, ShowInvite,
};
pub use jumps::{Jump, JumpRequest, JumpState, PatchRequest};
pub use level::{API_LEVEL, LEVEL_HEADER, OLDEST_LEVEL, level_of, too_far_apart, too_old_for_second_version};
pub use notices::{Notice, NoticeKind, Notifications, SetNotifications};
pub use page::{MAX_PAGE, Page, PageQuery};
pub use policy::{
    DefaultPolicy, GamePolicy, KeepPolicy, MAX_KEEP_DAYS, PolicyPreview, PolicySource, SetGamePolicy,
    WouldPrune,
};
pub use push::{PartAccepted, Push, PushQuery, PushState, SeedAccess, UploadState};
pub use seal::{Floor, MAX_FLOORS, RecoveryKey, Seal, SealedKey, SealedPublisher};
pub use seeds::{EnrolledSeed, NewSeed, RemoveSeedQuery, Seed, SeedList};
pub use sessions::{CONFIRMED_SECS, ChangePassword, Confirm, SessionInfo, SessionList};
pub use settings::{ServerSetting, ServerSettings, SetSetting, SettingSource};
pub use source::{BytesBySource, SourceClass, is_tailnet};
pub use stats::{
    BackupStats, GameStats, Health, JobCounts, Quic, QuicMet, QuicPlace, Reach, RottenBuild, Scrub,
    ScrubAsked, ScrubDone, ScrubRun, Stats, StoreOrders, StoreStats, SwarmStats,
};
pub use swarm::{
    Announce, Announced, DenyList, Device, DeviceList, Holding, HttpsFormat, HttpsSource, Moving, NewDevice,
    Operation, Sources, SourcesRequest, SwarmPeer, Ticket, TicketList, TicketsRequest, TransferReport,
};
pub use tokens::{
    ApiToken, MAX_TOKEN_DAYS, MAX_TOKENS, MadeToken, NewToken, TOKEN_DAYS, TOKEN_PREFIX, TokenLevel,
    TokenList, UnknownLevel,
};
pub use users::{NewUser, UpdateUser, User, UserList};
