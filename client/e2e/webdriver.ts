// As much of the WebDriver protocol as a window is driven by: https://www.w3.org/TR/webdriver2/.

/** A part of the page. */
export interface Part {
  [ELEMENT]: string;
}
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** How long the driver may take for anything. */
const PATIENCE = 60_000;

/** What went wrong has a word for programs. */
export class DriverError extends Error {
  constructor(readonly code: string, message: string) {
    super(`${code}: ${message}`);
  }
}

export class Session {
  private constructor(readonly url: string) {}

  /** Starts a program and takes hold of its window. */
  static async start(driver: string, capabilities: object): Promise<Session> {
    const { sessionId } = await send<{ sessionId: string }>('POST', `${driver}/session`, { capabilities: { alwaysMatch: capabilities } });
    return new Session(`${driver}/session/${sessionId}`);
  }

  /** Runs a script in the page: the text of a function's body, with `arguments`. */
  run<T>(script: string, ...args: unknown[]): Promise<T> {
    return send('POST', `${this.url}/execute/sync`, { script, args });
  }

  /** Has the page begin anew, and waits until it is there. */
  reload(): Promise<void> {
    return send('POST', `${this.url}/refresh`, {});
  }

  click(part: Part): Promise<void> {
    return send('POST', `${this.url}/element/${part[ELEMENT]}/click`, {});
  }

  async write(part: Part, text: string): Promise<void> {
    await send('POST', `${this.url}/element/${part[ELEMENT]}/clear`, {});
    if (text !== '') await send('POST', `${this.url}/element/${part[ELEMENT]}/value`, { text });
  }

  end(): Promise<void> {
    return send('DELETE', this.url);
  }
}

async function send<T>(method: string, url: string, body?: object): Promise<T> {
  const answer = await fetch(url, { method, signal: AbortSignal.timeout(PATIENCE), ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
  if (!answer.ok) throw new DriverError(value.error ?? String(answer.status), value.message ?? '');
  return value;
}
