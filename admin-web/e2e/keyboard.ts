// A person who has a keyboard and no mouse.
import type { BrowserContext, CDPSession, Page } from 'playwright-core';

/** What has the focus, as the browser tells it to screen readers. */
interface Focused {
  role: string;
  name: string;
}

/** How often Tab is pressed before something counts as out of reach. */
const BOUND = 150;
const HANDS = ['pointerdown', 'pointermove', 'mousedown', 'mousemove', 'mouseup', 'wheel', 'touchstart'];

export class Keyboard {
  /** What a hand on a mouse or a screen did: nothing, or the test is not by keyboard alone. */
  readonly hands: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly cdp: CDPSession
  ) {}

  static async at(context: BrowserContext): Promise<Keyboard> {
    const page = await context.newPage();
    const keyboard = new Keyboard(page, await context.newCDPSession(page));
    await page.exposeFunction('hand', (what: string) => keyboard.hands.push(what));
    await page.addInitScript((hands) => {
      const tell = (what: string) => void (window as unknown as { hand: (what: string) => void }).hand(what);
      for (const kind of hands) addEventListener(kind, (event) => event.isTrusted && tell(kind), { capture: true });
      // A key's click has no place and no count.
      addEventListener('click', (event) => event.detail > 0 && tell('click'), { capture: true });
    }, HANDS);
    return keyboard;
  }

  async focused(): Promise<Focused> {
    const { result } = await this.cdp.send('Runtime.evaluate', { expression: 'document.activeElement' });
    if (result.objectId === undefined) return { role: 'none', name: '' };
    const { nodes } = await this.cdp.send('Accessibility.getPartialAXTree', { objectId: result.objectId, fetchRelatives: false });
    await this.cdp.send('Runtime.releaseObject', { objectId: result.objectId });
    return { role: String(nodes[0]?.role?.value ?? 'none'), name: String(nodes[0]?.name?.value ?? '').trim() };
  }

  /** Presses Tab, or another key that moves the focus, until what is so called has it, and can be seen to have it. */
  async reach(name: string | RegExp, key = 'Tab'): Promise<void> {
    const passed: string[] = [];
    for (let pressed = 0; pressed < BOUND; pressed += 1) {
      await this.page.keyboard.press(key);
      const focused = await this.focused();
      if (typeof name === 'string' ? focused.name === name : name.test(focused.name)) return this.#seen(focused);
      passed.push(`${focused.role} “${focused.name.slice(0, 40)}”`);
    }
    throw new Error(`${key} leads nowhere that is called ${name}. It led to:\n${[...new Set(passed)].join('\n')}`);
  }

  /** Reaches it, and presses it. */
  async press(name: string | RegExp, key?: string): Promise<void> {
    await this.reach(name, key);
    await this.page.keyboard.press('Enter');
  }

  /** Reaches a field, and types into it. */
  async type(name: string | RegExp, text: string): Promise<void> {
    await this.reach(name);
    await this.page.keyboard.type(text);
  }

  /** The focus is on the page, and was not dropped. */
  async held(): Promise<void> {
    await this.page.waitForFunction(() => document.activeElement !== null && document.activeElement !== document.body);
  }

  /** What has the focus is where one looks, and is marked. */
  async #seen({ role, name }: Focused): Promise<void> {
    const [shown, marked] = await this.page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const box = element.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const style = getComputedStyle(element);
      const around = element.parentElement && getComputedStyle(element.parentElement);
      const outlined = (of: CSSStyleDeclaration | null) => of !== null && of.outlineStyle !== 'none' && parseFloat(of.outlineWidth) > 0;
      return [x > 0 && y > 0 && x < innerWidth && y < innerHeight, outlined(style) || outlined(around) || element.hasAttribute('data-highlighted')];
    });
    if (!shown) throw new Error(`${role} “${name}” has the focus and is out of sight`);
    if (!marked) throw new Error(`${role} “${name}” has the focus and nothing shows it`);
  }
}
