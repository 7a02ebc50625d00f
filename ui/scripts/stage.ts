import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A real server with its seed, and a hand on it. */
export interface Stage {
  url: string;
  admin: string;
  friend: string;
  /** Of everybody who has an account; at a first start, the one that the server printed. */
  password: string;
  game: string;
  /** Where the stand-in for Discord answers. */
  discord: string;
  /** Does what the program `stage` can do, and waits until it is done. */
  tell(line: string): Promise<void>;
  end(): Promise<void>;
}

/** Where cargo puts programs, unless it is said otherwise. */
export const PROGRAMS = process.env.MIST_PROGRAMS ?? join(process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../target', import.meta.url)), 'debug');

/** `settings` of the server are told by their environment variables; with `first-start` nobody was there before. */
export async function stage(settings: Record<string, string> = {}, ...args: 'first-start'[]): Promise<Stage> {
  const child = spawn(join(PROGRAMS, 'stage'), args, { env: { ...process.env, ...settings, MIST_PROGRAMS: PROGRAMS }, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the stage ended');
    return JSON.parse(value as string) as Record<string, string>;
  };
  const gone = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  const about = await Promise.race([next(), gone.then(() => Promise.reject(new Error('the stage did not start')))]);
  return {
    ...(about as unknown as Stage),
    tell: async (line) => {
      child.stdin.write(`${line}\n`);
      const said = await next();
      if (said.failed) throw new Error(said.why);
    },
    end: async () => {
      child.stdin.end();
      await gone;
    }
  };
}
