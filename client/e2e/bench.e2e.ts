// What the app takes, beside an empty window of the same web view in the same run: `./dev bench desktop`. Prints a table.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS, stage, type Stage } from '@mist/ui/stage';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, test } from 'vitest';
import { APP, AppDesk, gone, processes } from './app';
import { prepare } from './evening';

const TIMES = 7;
const IDLE = 20_000;
const pause = (millis: number) => new Promise((over) => setTimeout(over, millis));

let at: Stage;
let desk: AppDesk;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mist-bench-'));
  desk = new AppDesk(join(folder, 'home'));
  for (const place of ['person', 'config', 'data', 'cache']) mkdirSync(join(folder, place));
  at = await stage();
  await prepare(at);
  execFileSync(join(PROGRAMS, 'mist'), ['login', at.url, '--user', at.friend, '--password-stdin'], { env: desk.env, input: at.password });
  execFileSync(join(PROGRAMS, 'mist'), ['install', at.game], { env: desk.env });
}, 180_000);

afterAll(async () => {
  await at?.end();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Starts a program, and says after how many milliseconds it said something. */
async function started(program: string, args: string[], said: string): Promise<{ child: ChildProcess; millis: number }> {
  const from = performance.now();
  const child = spawn(program, args, { env: { ...desk.env, MIST_LOG: 'mist_desktop=debug' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const millis = await new Promise<number>((there, fail) => {
    const hear = (chunk: Buffer) => chunk.toString().includes(said) && there(performance.now() - from);
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => fail(new Error(`${program} ended with ${code}`)));
  });
  child.removeAllListeners('exit');
  return { child, millis };
}

async function end({ child }: { child: ChildProcess }): Promise<void> {
  child.kill('SIGTERM');
  await gone(child.pid!);
}

/** Megabytes that all processes below one take, with what they share divided. */
const memory = (pid: number) =>
  [pid, ...processes(pid)].reduce((sum, one) => sum + Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1] ?? 0), 0) / 1024;

/** Seconds of a processor that they took so far. */
const worked = (pid: number) =>
  [pid, ...processes(pid)].reduce((sum, one) => {
    const words = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(words[11]) + Number(words[12])) / 100;
  }, 0);

const median = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;

async function idle(pid: number): Promise<{ memory: number; percent: number }> {
  await pause(IDLE / 2);
  const before = worked(pid);
  await pause(IDLE);
  return { memory: memory(pid), percent: ((worked(pid) - before) / (IDLE / 1000)) * 100 };
}

test('what the app takes', async () => {
  const empty = join(APP, '..', 'examples', 'empty');
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let time = 0; time < TIMES; time++) {
    for (const [program, said, times] of [[empty, 'there', theirs], [APP, 'the page has the library', ours]] as const) {
      const one = await started(program, [], said);
      times.push(one.millis);
      await end(one);
    }
  }
  const rest: Record<string, { memory: number; percent: number }> = {};
  for (const [name, program, args, said] of [['empty', empty, [], 'there'], ['window', APP, [], 'the page has the library'], ['tray', APP, ['--hidden'], 'the engine is there']] as const) {
    const one = await started(program, [...args], said);
    rest[name] = await idle(one.child.pid!);
    await end(one);
  }
  const row = (name: string, millis: string, of: { memory: number; percent: number } | undefined) => `| ${name} | ${millis} | ${of?.memory.toFixed(0)} | ${of?.percent.toFixed(1)} |`;
  console.log(
    [
      `${cpus().length} processors, ${cpus()[0]?.model ?? '?'}; ${TIMES} starts by turns, the median`,
      '| | ms until it can be used | MB (PSS, all processes) | % of a processor, idle |',
      '|---|---:|---:|---:|',
      row('an empty window', median(theirs).toFixed(0), rest.empty),
      row('Mist, with its window', `${median(ours).toFixed(0)} (${(median(ours) / median(theirs)).toFixed(2)} of the empty one)`, rest.window),
      row('Mist, without a window', '-', rest.tray)
    ].join('\n')
  );
}, 600_000);
