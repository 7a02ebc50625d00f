// Made from the engine's types: `MIST_UPDATE_TYPES=1 cargo nextest run --workspace -E 'test(pages_know)'` writes it anew.
import type { BlobId, Build, BytesBySource, Game, TransferKind } from './api';

/**
 * Names a build without listing it.
 */
export type BuildRef = { 
/**
 * Label.
 */
version: string, 
/**
 * Place in the game's list.
 */
sequence: number, 
/**
 * Its manifest.
 */
manifest: string, 
/**
 * Its archive.
 */
archive: BlobId, };

/**
 * One check.
 */
export type Check = { 
/**
 * What was looked at.
 */
name: string, 
/**
 * How it is.
 */
verdict: Verdict, 
/**
 * What was found, and what to do.
 */
detail: string, };

/**
 * How fresh what is known of the server is.
 */
export type Connection = { 
/**
 * The server, if one is signed in at.
 */
server: ServerStatus | null, 
/**
 * Whether it answered the last time.
 */
online: boolean, };

/**
 * What is to become of an operation that is asked to stop.
 */
export type Control = { "control": "pause" } | { "control": "resume" } | { "control": "cancel" } | { "control": "before", 
/**
 * The other one.
 */
other: OpId, };

/**
 * A game's picture: a JPEG that the server made.
 */
export type CoverPicture = { 
/**
 * Its name: another picture has another one.
 */
id: string, 
/**
 * Its bytes, in base64.
 */
jpeg: string, };

/**
 * What signing in takes.
 */
export type Credentials = { 
/**
 * Address of the server.
 */
url: string, 
/**
 * Account.
 */
user: string, 
/**
 * Password.
 */
password: string, 
/**
 * Name of this device for people.
 */
device: string, 
/**
 * Forget the keys that were trusted before. For a server that was really set up anew.
 */
trust_new_server: boolean, 
/**
 * Code of the second factor, if one is needed.
 */
code: string | null, };

/**
 * The newest state of one topic. Kinds are only ever added.
 */
export type Delta = { "topic": "owner" } & Owner | { "topic": "connection" } & Connection | { "topic": "catalogue", 
/**
 * How often it changed in this run.
 */
changes: number, } | { "topic": "covers", 
/**
 * How many came in this run.
 */
arrived: number, } | { "topic": "game", 
/**
 * The game.
 */
game: string, 
/**
 * How it is.
 */
status: GameStatus | null, } | { "topic": "operation" } & OperationView | { "topic": "settings" } & Settings | { "topic": "limits" } & LimitsNow | { "topic": "thrift", 
/**
 * Why, if it is.
 */
why: Thrift | null, } | { "topic": "serving", 
/**
 * Installed builds.
 */
games: [string, string][], 
/**
 * Whether the tracker knows.
 */
announced: boolean, } | { "topic": "play" } & Play | { "topic": "scan" } & ScanView | { "topic": "notice", 
/**
 * Number of the notice in this run.
 */
number: number, 
/**
 * Sentence for people.
 */
message: string, } | { "topic": "closing" };

/**
 * What an operation takes of a disk that is not the game's.
 */
export type DiskForecast = { 
/**
 * The folder on it.
 */
folder: string, 
/**
 * Bytes needed there.
 */
needed: number, 
/**
 * Bytes free there.
 */
free: number, };

/**
 * Progress of the disk in the present phase.
 */
export type DiskProgress = { 
/**
 * Bytes dealt with.
 */
done: number, 
/**
 * Bytes in all.
 */
total: number, };

/**
 * Bytes of disk that an operation takes, in the game's folder and for patches that are kept for friends.
 */
export type DiskUse = { 
/**
 * Used before it began.
 */
before: number, 
/**
 * More than that at the peak, as predicted.
 */
forecast: number, 
/**
 * More than that at the peak, as measured.
 */
peak: number, };

/**
 * A disk, with the games that are on it.
 */
export type DiskView = { 
/**
 * A folder on it: the one for new games, or the first game's.
 */
folder: string, 
/**
 * Whether new games go here unless another folder is named.
 */
usual: boolean, 
/**
 * Bytes free, where the system tells.
 */
free: number | null, 
/**
 * Bytes in all, where the system tells.
 */
total: number | null, 
/**
 * The games on it.
 */
games: string[], };

/**
 * Classes of failure, which command lines turn into exit codes.
 */
export type ErrorClass = "failed" | "auth" | "not_found";

/**
 * Why something was not done, for whoever shows it.
 */
export type Failure = { 
/**
 * Stable word for programs.
 */
code: string, 
/**
 * What kind of failure it is.
 */
class: ErrorClass, 
/**
 * Names, numbers and places that belong to the code.
 */
params?: { [key in string]: string }, };

/**
 * What an operation on a game's folder would take.
 */
export type Forecast = { 
/**
 * The game.
 */
game: string, 
/**
 * Build that is there.
 */
from: string | null, 
/**
 * Build that is wanted.
 */
to: string, 
/**
 * Routes that fit on the disk, the cheapest first: of the chains of patches only the cheapest, and none if it is
 * dearer than pieces that fit.
 */
routes: Array<RouteForecast>, 
/**
 * The route that would be taken; none if the disk is too small for any.
 */
chosen: RouteKind | null, 
/**
 * Bytes of disk needed at the peak, by the chosen route or the most modest one, besides what is used already.
 */
disk_peak: number, 
/**
 * Bytes of disk that are free.
 */
free: number, 
/**
 * Bytes that are free afterwards: old files are gone then, and patches are kept for friends.
 */
free_after: number, 
/**
 * What is kept on the disk of the client's home, if that is another one.
 */
on_home: DiskForecast | null, 
/**
 * Whether the download is known to the byte. A patch that has yet to be made is estimated, and after a commit that
 * was interrupted the folder is surveyed as it stands.
 */
exact: boolean, };

/**
 * A game that is somewhere in a folder, most likely.
 */
export type Found = { 
/**
 * The game.
 */
game: string, 
/**
 * The build that most of it looks like.
 */
version: string, 
/**
 * Its folder.
 */
dir: string, 
/**
 * Files of the build, and those that are there with the right name and size.
 */
files: number, 
/**
 * See `files`.
 */
fits: number, 
/**
 * Bytes of the build's files.
 */
bytes: number, 
/**
 * Bytes of those that are there.
 */
bytes_there: number, 
/**
 * Files that were read.
 */
read: number, 
/**
 * Those of them whose content is the build's.
 */
right: number, };

/**
 * What can be said of a game's folder in one word.
 */
export type GameState = "installed" | "installing" | "updating" | "damaged" | "missing" | "unverified";

/**
 * One game.
 */
export type GameStatus = { 
/**
 * The game.
 */
game: string, 
/**
 * Its folder.
 */
dir: string, 
/**
 * How it is.
 */
state: GameState, 
/**
 * Build that is there.
 */
version: string | null, 
/**
 * Build that friends get by default, as far as is known.
 */
live: string | null, 
/**
 * Whether that is a newer one than is there.
 */
update_available: boolean, 
/**
 * Whether that is an older one than is there: the server went back, by its admin's will or to an old backup.
 */
went_back: boolean, 
/**
 * The build that goes live later, if that is another one than is there.
 */
next: NextBuild | null, 
/**
 * Size of the installed build's archive.
 */
size: number | null, 
/**
 * The build before, if it is kept.
 */
previous: PreviousBuild | null, 
/**
 * What is under way.
 */
pending: Pending | null, 
/**
 * What was done last.
 */
last_operation: OperationRecord | null, };

/**
 * What moved of one game.
 */
export type GameTraffic = { 
/**
 * The game.
 */
game: string, 
/**
 * What was received.
 */
got: BytesBySource, 
/**
 * What was sent.
 */
gave: BytesBySource, };

/**
 * What a link is good for.
 */
export type InviteView = { 
/**
 * Address of the server.
 */
server: string, 
/**
 * Fingerprint of the server's key, which it has proved to hold.
 */
tracker_key: string, 
/**
 * Name that the account gets or has; none if whoever joins chooses it.
 */
name: string | null, 
/**
 * Whether it sets that account's password anew instead of making one.
 */
reset: boolean, 
/**
 * Titles of private games that the account sees from the start.
 */
games: Array<string>, 
/**
 * Who made the link.
 */
made_by: string, 
/**
 * Until when it is good.
 */
expires: number, };

/**
 * What joining takes.
 */
export type JoinOrder = { 
/**
 * The whole link.
 */
link: string, 
/**
 * Name of the account; none if the link names it.
 */
user: string | null, 
/**
 * Password of one's own.
 */
password: string, 
/**
 * Name of this device for people.
 */
device: string, 
/**
 * Code of the second factor, if the account whose password is set anew has one.
 */
code: string | null, };

/**
 * Something that was put aside.
 */
export type KeptItem = { 
/**
 * The folder under `.mist/kept/` in which it is: the version that was there then.
 */
label: string, 
/**
 * Where it was in the game's folder.
 */
path: string, 
/**
 * Whether it is a link.
 */
is_link: boolean, };

/**
 * Something of a game that can be started here.
 */
export type LaunchChoice = { 
/**
 * Its name.
 */
name: string, 
/**
 * The program, in the game's folder.
 */
program: string, 
/**
 * What it is given.
 */
args: Array<string>, 
/**
 * What a program for Windows runs by here.
 */
runner: string | null, };

/**
 * A folder that games are installed into, each in one of its own there.
 */
export type LibraryFolder = { 
/**
 * The folder.
 */
folder: string, 
/**
 * Whether new games go here unless another folder is named.
 */
usual: boolean, 
/**
 * Whether it is there: a disk may not be plugged in.
 */
there: boolean, 
/**
 * Bytes free, where the system tells.
 */
free: number | null, 
/**
 * Bytes in all, where the system tells.
 */
total: number | null, 
/**
 * The games in it.
 */
games: string[], };

/**
 * A game in the catalogue.
 */
export type LibraryItem = { 
/**
 * The game.
 */
game: Game, 
/**
 * Its builds, oldest first.
 */
builds: Build[], 
/**
 * How it is on this machine, if it is.
 */
here: GameStatus | null, };

/**
 * One direction's limit.
 */
export type LimitNow = { 
/**
 * Bytes a second, if they are limited.
 */
limit: number | null, 
/**
 * When it becomes another one, if a schedule says so.
 */
until: number | null, 
/**
 * Whether it counts because a game runs, and as long as one does.
 */
playing: boolean, };

/**
 * Both limits.
 */
export type LimitsNow = { 
/**
 * On what is sent to others.
 */
up: LimitNow, 
/**
 * On what is received.
 */
down: LimitNow, };

/**
 * What moving a game to another folder would take.
 */
export type MoveForecast = { 
/**
 * The game.
 */
game: string, 
/**
 * Where it is.
 */
from: string, 
/**
 * Where it would be.
 */
to: string, 
/**
 * Whether the folder only gets another name, as both are on one disk.
 */
renamed: boolean, 
/**
 * Bytes to copy, and of disk that is needed there.
 */
bytes: number, 
/**
 * Bytes free there, where the system tells.
 */
free: number | null, };

/**
 * This machine in the swarm, since its node started.
 */
export type Neighbourhood = { 
/**
 * Other clients that are seen on the same network.
 */
nearby: number, 
/**
 * Connections open now.
 */
connections: number, 
/**
 * Answers being sent now.
 */
answers: number, 
/**
 * What was received.
 */
got: BytesBySource, 
/**
 * What was sent, by where it went.
 */
gave: BytesBySource, 
/**
 * The same by game.
 */
games: Array<GameTraffic>, };

/**
 * Progress of the network; it never falls within an operation.
 */
export type NetworkProgress = { 
/**
 * Bytes here.
 */
done: number, 
/**
 * Bytes to get in all.
 */
total: number, 
/**
 * Bytes received by source.
 */
bytes: BytesBySource, 
/**
 * Bytes a second now.
 */
rate: number, 
/**
 * Seconds left at this rate.
 */
eta: number | null, 
/**
 * Sources in use.
 */
sources: number, };

/**
 * A build that goes live later.
 */
export type NextBuild = { 
/**
 * The build.
 */
version: string, 
/**
 * When.
 */
live_at: number, 
/**
 * Whether what it takes is fetched before: somebody asked for that, or games are updated by themselves.
 */
fetching: boolean, 
/**
 * Whether all that can be fetched before is here.
 */
ready: boolean, 
/**
 * Bytes that were received for it.
 */
bytes: number, };

/**
 * Number of an operation. It is never given twice in one home.
 */
export type OpId = number;

/**
 * What an operation took.
 */
export type OperationRecord = { 
/**
 * What it was for.
 */
kind: TransferKind, 
/**
 * Build that was there before.
 */
from: string | null, 
/**
 * Build that is there now.
 */
to: string, 
/**
 * How its bytes were got.
 */
route: RouteKind, 
/**
 * Bytes that were predicted before it started.
 */
forecast_bytes: number, 
/**
 * Bytes that were received.
 */
actual_bytes: number, 
/**
 * The same by source.
 */
bytes: BytesBySource, 
/**
 * Bytes that came over the network for it, by source: packed as they were, with what was of no use. None if an earlier
 * release began the operation.
 */
wire: BytesBySource | null, 
/**
 * Those of them that were received before the build was live.
 */
ahead: BytesBySource, 
/**
 * Disk that it took at its peak, beyond what was used before.
 */
disk: DiskUse, 
/**
 * Time that it took, pauses and restarts not counted.
 */
seconds: number, 
/**
 * What that time went into. None if an earlier release began the operation.
 */
spent: Spent | null, 
/**
 * When it ended.
 */
finished: number, };

/**
 * Where an operation is in its life.
 */
export type OperationState = "queued" | "running" | "paused" | "done" | "failed" | "cancelled";

/**
 * All that can be seen of an operation.
 */
export type OperationView = { 
/**
 * Its number.
 */
id: OpId, 
/**
 * What was ordered.
 */
order: Order, 
/**
 * Where it is in its life.
 */
state: OperationState, 
/**
 * When it was ordered.
 */
ordered: number, 
/**
 * When it ended.
 */
ended: number | null, 
/**
 * What the folder is going through.
 */
phase: Phase | null, 
/**
 * What was planned.
 */
plan: Plan | null, 
/**
 * How far the network is.
 */
network: NetworkProgress | null, 
/**
 * How far the disk is.
 */
disk: DiskProgress | null, 
/**
 * What a friend should know.
 */
remarks: Array<Remark>, 
/**
 * What it did, once it has ended well.
 */
outcome: Outcome | null, 
/**
 * Why it failed, once it has.
 */
failure: Failure | null, };

/**
 * What is to be done to one game.
 */
export type Order = { "kind": "install", 
/**
 * The game.
 */
game: string, 
/**
 * The build; the live one if there is none.
 */
version: string | null, 
/**
 * The folder, absolute; one of Mist's own if there is none.
 */
dir: string | null, } | { "kind": "update", 
/**
 * The game.
 */
game: string, } | { "kind": "ahead", 
/**
 * The game.
 */
game: string, } | { "kind": "switch", 
/**
 * The game.
 */
game: string, 
/**
 * The build.
 */
version: string, } | { "kind": "roll_back", 
/**
 * The game.
 */
game: string, 
/**
 * The build; whichever is kept if there is none.
 */
version: string | null, } | { "kind": "repair", 
/**
 * The game.
 */
game: string, } | { "kind": "verify", 
/**
 * The game.
 */
game: string, } | { "kind": "uninstall", 
/**
 * The game.
 */
game: string, } | { "kind": "locate", 
/**
 * The game.
 */
game: string, 
/**
 * The folder, absolute.
 */
dir: string, } | { "kind": "move", 
/**
 * The game.
 */
game: string, 
/**
 * The new folder, absolute; not there yet, or empty.
 */
dir: string, };

/**
 * What an operation that ended well did.
 */
export type Outcome = { "outcome": "present", 
/**
 * The build.
 */
version: string, 
/**
 * The build that was there before.
 */
before: string | null, 
/**
 * What it took; nothing if the build was there already.
 */
operation: OperationRecord | null, } | { "outcome": "ahead", 
/**
 * The build.
 */
version: string, 
/**
 * When it goes live, as far as is known.
 */
live_at: number, 
/**
 * Bytes that were received for it.
 */
bytes: number, } | { "outcome": "verified" } & Verification | { "outcome": "located", 
/**
 * Where it is.
 */
dir: string, 
/**
 * What was found.
 */
found: Verification, } | { "outcome": "moved", 
/**
 * Where it was.
 */
from: string, 
/**
 * Where it is.
 */
dir: string, 
/**
 * Bytes that were copied; nothing if the folder only got another name.
 */
copied: number | null, 
/**
 * Whether something is left in the old folder, which came there meanwhile or could not be removed.
 */
left: boolean, } | { "outcome": "uninstalled", 
/**
 * Where it was.
 */
dir: string, 
/**
 * What was removed, and what was left.
 */
result: Uninstalled, };

/**
 * What runs the home's engine.
 */
export type Owner = { 
/**
 * Its process.
 */
pid: number, 
/**
 * What was called, e.g. `mist seed`.
 */
program: string, 
/**
 * Its version.
 */
version: string, };

/**
 * An operation that has begun and not ended.
 */
export type Pending = { 
/**
 * Random id, under which its bytes are reported.
 */
id: string, 
/**
 * What it is for.
 */
kind: TransferKind, 
/**
 * Build that was there before.
 */
from: string | null, 
/**
 * Build that is wanted.
 */
to: BuildRef, 
/**
 * Its first prediction.
 */
forecast: [RouteKind, number] | null, 
/**
 * Bytes received so far.
 */
bytes: BytesBySource, 
/**
 * What came over the network for them. None if an earlier release began the operation.
 */
wire: BytesBySource | null, 
/**
 * Those of the bytes that were received before the build was live.
 */
ahead: BytesBySource, 
/**
 * Seconds spent so far.
 */
seconds: number, 
/**
 * What they were spent on. None if an earlier release began the operation.
 */
spent: Spent | null, 
/**
 * Disk used so far.
 */
disk: DiskUse, };

/**
 * What a game's folder is going through.
 */
export type Phase = "checking" | "preparing" | "downloading" | "patching" | "copying" | "committing" | "verifying";

/**
 * What is planned before anything is fetched.
 */
export type Plan = { 
/**
 * Build that is there.
 */
from: string | null, 
/**
 * Build that is wanted.
 */
to: string, 
/**
 * How its bytes are got.
 */
route: RouteKind, 
/**
 * Patches on the way.
 */
patches: number, 
/**
 * Bytes to receive.
 */
download: number, 
/**
 * Bytes of disk needed at the peak, besides what is used already.
 */
disk: number, 
/**
 * Bytes free.
 */
free: number, };

/**
 * How much a game was played on this machine. Only what this engine started counts.
 */
export type Play = { 
/**
 * The game.
 */
game: string, 
/**
 * Since when it runs, if it does.
 */
running_since: number | null, 
/**
 * When it was started the last time.
 */
last: number, 
/**
 * Seconds played in all, without those of a game that runs.
 */
seconds: number, };

/**
 * A build that a game can go back to without the network.
 */
export type PreviousBuild = { 
/**
 * The build.
 */
version: string, 
/**
 * Bytes that are kept for that in the game's folder.
 */
bytes: number, };

/**
 * How fresh the catalogue is.
 */
export type Refreshed = { 
/**
 * Whether the server answered.
 */
online: boolean, 
/**
 * Milliseconds since the catalogue was fetched.
 */
age_millis: number | null, };

/**
 * Something that a friend should know of how an operation went.
 */
export type Remark = { "remark": "kept", 
/**
 * How many.
 */
files: number, 
/**
 * Where they are now.
 */
folder: string, 
/**
 * Their names in the game's folder, the first 200.
 */
names: Array<string>, } | { "remark": "route_failed", 
/**
 * The route.
 */
route: RouteKind, 
/**
 * Why.
 */
reason: string, };

/**
 * The engine's answer.
 */
export type Reply = { "reply": "news", "value": [Rev, Array<Delta>] } | { "reply": "submitted", "value": OpId } | { "reply": "forecast", "value": Forecast } | { "reply": "move_forecast", "value": MoveForecast } | { "reply": "operations", "value": Array<OperationView> } | { "reply": "invite", "value": InviteView } | { "reply": "signed_in", "value": SignedIn } | { "reply": "refreshed", "value": Refreshed } | { "reply": "library", "value": Array<LibraryItem> } | { "reply": "cover", "value": CoverPicture | null } | { "reply": "status", "value": [Status, Owner] } | { "reply": "launch_choices", "value": Array<LaunchChoice> } | { "reply": "runner", "value": RunnerView } | { "reply": "disks", "value": Array<DiskView> } | { "reply": "library_folders", "value": Array<LibraryFolder> } | { "reply": "neighbourhood", "value": Neighbourhood | null } | { "reply": "kept", "value": Array<KeptItem> } | { "reply": "checks", "value": Array<Check> } | { "reply": "diagnostics", "value": string } | { "reply": "settings", "value": Settings } | { "reply": "done" };

/**
 * What a face asks for.
 */
export type Request = { "request": "next", 
/**
 * The revision that the face knows.
 */
since: Rev, 
/**
 * Milliseconds to wait, half a minute at most.
 */
wait: number, } | { "request": "submit", 
/**
 * The order.
 */
order: Order, } | { "request": "forecast", 
/**
 * The order.
 */
order: Order, } | { "request": "forecast_move", 
/**
 * The game.
 */
game: string, 
/**
 * The new folder, absolute.
 */
dir: string, } | { "request": "control", 
/**
 * Which one.
 */
id: OpId, 
/**
 * What to do with it.
 */
control: Control, } | { "request": "operations" } | { "request": "login" } & Credentials | { "request": "look_at_invite", 
/**
 * The whole link.
 */
link: string, } | { "request": "join" } & JoinOrder | { "request": "change_password" } & { current: string, new: string } | { "request": "logout" } | { "request": "refresh" } | { "request": "library" } | { "request": "cover", 
/**
 * The game.
 */
game: string, 
/**
 * Whether the small one will do.
 */
small: boolean, } | { "request": "status" } | { "request": "play", 
/**
 * The game.
 */
game: string, 
/**
 * What of it; the first that fits if there is none.
 */
entry: string | null, 
/**
 * What it is given besides.
 */
args: Array<string>, } | { "request": "stop_game", 
/**
 * The game.
 */
game: string, } | { "request": "launch_choices", 
/**
 * The game.
 */
game: string, } | { "request": "runner", 
/**
 * The game.
 */
game: string, } | { "request": "choose_runner", 
/**
 * The game.
 */
game: string, 
/**
 * The program, absolute; what is taken otherwise if there is none.
 */
runner: string | null, } | { "request": "open_folder", 
/**
 * The game.
 */
game: string, } | { "request": "disks" } | { "request": "library_folders" } | { "request": "neighbourhood" } | { "request": "kept", 
/**
 * The game.
 */
game: string, } | { "request": "restore", 
/**
 * The game.
 */
game: string, 
/**
 * What was there or below it; all of it if there is none.
 */
path: string | null, } | { "request": "scan", 
/**
 * The folder, absolute.
 */
dir: string, } | { "request": "stop_scan" } | { "request": "doctor" } | { "request": "diagnostics" } | { "request": "settings" } | { "request": "set_settings", 
/**
 * All of them.
 */
settings: Settings, };

/**
 * A place in the feed. The default one is before everything.
 */
export type Rev = { 
/**
 * Random number of the engine's run, of 53 bits: all that a number holds in JavaScript.
 */
run: number, 
/**
 * Changes so far in that run.
 */
at: number, };

/**
 * A route that an operation could take.
 */
export type RouteForecast = { 
/**
 * How.
 */
route: RouteKind, 
/**
 * Bytes to receive.
 */
download: number, 
/**
 * Bytes of disk needed at the peak, besides what is used already.
 */
disk: number, 
/**
 * Patches on the way.
 */
patches: number, };

/**
 * How the bytes of an operation are got.
 */
export type RouteKind = "patches" | "jump" | "pieces" | "local";

/**
 * A program by which builds for Windows run.
 */
export type Runner = { 
/**
 * What kind it is.
 */
kind: RunnerKind, 
/**
 * What people call it.
 */
name: string, 
/**
 * The program.
 */
path: string, };

/**
 * What kind of program it is, which says how it is called.
 */
export type RunnerKind = "wine" | "proton";

/**
 * What a game runs by.
 */
export type RunnerView = { 
/**
 * The game.
 */
game: string, 
/**
 * Those that were found, the one that is taken unless somebody says otherwise first.
 */
found: Array<Runner>, 
/**
 * The program that somebody chose for this game.
 */
chosen: string | null, 
/**
 * Where the game's Windows is, made at its first start.
 */
prefix: string, };

/**
 * A scan, under way or over.
 */
export type ScanView = { 
/**
 * The folder.
 */
dir: string, 
/**
 * Whether it is under way.
 */
running: boolean, 
/**
 * Whether somebody broke it off.
 */
stopped: boolean, 
/**
 * Folders looked at.
 */
folders: number, 
/**
 * Files looked at.
 */
files: number, 
/**
 * What was found, once it is over: games that are not on this machine as far as is known.
 */
found: Array<Found>, };

/**
 * Where the session's secrets are kept.
 */
export type SecretStore = "file" | "keyring";

/**
 * The present server.
 */
export type ServerStatus = { 
/**
 * Its address.
 */
url: string, 
/**
 * The account.
 */
user: string | null, 
/**
 * This device's peer id.
 */
peer: string, 
/**
 * Fingerprint of its key.
 */
tracker_key: string, 
/**
 * Fingerprint of the key that signs builds.
 */
release_key: string | null, 
/**
 * Seconds since the catalogue was fetched.
 */
catalogue_age: number | null, };

/**
 * The settings.
 */
export type Settings = { 
/**
 * Whether games are brought to their live builds by themselves, and what a build takes that goes live later is fetched before.
 */
auto_update: boolean, 
/**
 * Bytes per second sent to others; no limit if there is none.
 */
up: number | null, 
/**
 * Bytes per second received; no limit if there is none.
 */
down: number | null, 
/**
 * When the limit on what is sent changes, such as `08:00,512k 23:00,off`. It wins over `up`.
 */
up_schedule: string, 
/**
 * The same of what is received.
 */
down_schedule: string, 
/**
 * Bytes per second sent while a game runs, where that is less.
 */
up_playing: number | null, 
/**
 * The same of what is received.
 */
down_playing: number | null, 
/**
 * Whether what is to be fetched waits, and nothing is sent, while the network is metered.
 */
wait_metered: boolean, 
/**
 * The same while the machine runs on its battery.
 */
wait_battery: boolean, 
/**
 * Whether the limits count for peers on the same network too.
 */
limit_lan: boolean, 
/**
 * Whether to find friends on the same network by themselves.
 */
lan_discovery: boolean, 
/**
 * Where the session is kept.
 */
secrets: SecretStore, 
/**
 * Bytes that kept patches may take.
 */
patch_cache: number, 
/**
 * Files of at least so many bytes that keep their path are patched where they are, not made anew beside the old
 * ones. Smaller ones too where the disk is short.
 */
patch_from: number, 
/**
 * Bytes that may be kept in each game's folder to go back to the build before without the network; 0 for nothing.
 */
keep_previous: number, 
/**
 * Folders that games are installed into, absolute, each game in one of its own there: the first one unless somebody says
 * otherwise. None is the one of the home.
 */
library_folders: Array<string>, };

/**
 * What signing in led to.
 */
export type SignedIn = { 
/**
 * Address of the server.
 */
server: string, 
/**
 * Account.
 */
user: string, 
/**
 * This device.
 */
peer: string, 
/**
 * Fingerprint of the server's key.
 */
tracker_key: string, 
/**
 * Fingerprint of the key that signs builds, if anything was pushed yet.
 */
release_key: string | null, 
/**
 * Whether these keys were seen for the first time, and are trusted from now on.
 */
first_time: boolean, 
/**
 * Where the server was before, if its keys are the known ones at another address.
 */
moved_from: string | null, 
/**
 * Games that the account may see.
 */
games: number, };

/**
 * Seconds of an operation, by what they were spent on or waiting for.
 */
export type Spent = { 
/**
 * The lines to those who sent.
 */
network: number, 
/**
 * The limit that its owner has set.
 */
limit: number, 
/**
 * Somebody who has what is missing: nobody was there, or those who were asked sent nothing.
 */
sources: number, 
/**
 * The server, which made what was needed.
 */
seed: number, 
/**
 * Reading and hashing what was here, and what came.
 */
hash: number, 
/**
 * Writing what came, and putting files in place.
 */
disk: number, 
/**
 * Making new files out of old ones and a patch.
 */
patch: number, };

/**
 * The server and every game on this machine.
 */
export type Status = { 
/**
 * The server, if one is signed in at.
 */
server: ServerStatus | null, 
/**
 * Games on this machine, by slug.
 */
games: Array<GameStatus>, };

/**
 * Why a machine is thrifty.
 */
export type Thrift = "metered" | "battery";

/**
 * What uninstalling left behind.
 */
export type Uninstalled = { 
/**
 * Files removed.
 */
removed: number, 
/**
 * Whether files of the player are left in the folder, such as saves.
 */
left: boolean, 
/**
 * Whether `.mist/kept` is left, with files that the player had changed.
 */
kept: boolean, };

/**
 * How a check went.
 */
export type Verdict = "ok" | "warning" | "problem";

/**
 * What a verification found.
 */
export type Verification = { 
/**
 * The build.
 */
version: string, 
/**
 * Files that are missing or changed, in order.
 */
damaged: Array<string>, 
/**
 * Bytes that repairing would fetch at most.
 */
repair_bytes: number, };
