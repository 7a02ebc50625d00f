import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Colour = [number, number, number];

/** The colours of both themes, as the table says them. */
function tokens(): { light: Map<string, Colour>; dark: Map<string, Colour> } {
  const css = readFileSync(new URL('../src/tokens.css', import.meta.url), 'utf8');
  const light = new Map<string, Colour>();
  const dark = new Map<string, Colour>();
  const row = /--([\w-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\)/g;
  for (const [, name, l, d] of css.matchAll(row)) {
    light.set(name!, l!.split(' ').map(Number) as Colour);
    dark.set(name!, d!.split(' ').map(Number) as Colour);
  }
  return { light, dark };
}

/** Relative luminance, of a colour that is drawn into sRGB first (CSS Color 4). */
function luminance([l, c, h]: Colour): number {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const x = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const y = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const z = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const into = (v: number) => Math.min(1, Math.max(0, v));
  const red = into(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z);
  const green = into(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z);
  const blue = into(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const contrast = (a: Colour, b: Colour): number => {
  const [dark, light] = [luminance(a), luminance(b)].sort((p, q) => p - q) as [number, number];
  return (light + 0.05) / (dark + 0.05);
};

test('everything that is read can be read', () => {
  for (const [theme, colours] of Object.entries(tokens())) {
    const of = (name: string) => colours.get(name) ?? expect.fail(`${name} is missing`);
    for (const ground of ['bg', 'surface']) {
      expect(contrast(of('text'), of(ground)), `${theme} text on ${ground}`).toBeGreaterThan(12);
      for (const name of ['dim', 'faint', 'accent', 'danger', 'warn', 'lan', 'tailnet', 'internet', 'seed', 'https'])
        expect(contrast(of(name), of(ground)), `${theme} ${name} on ${ground}`).toBeGreaterThan(4.5);
    }
    for (const name of ['text', 'dim', 'accent'])
      expect(contrast(of(name), of('raised')), `${theme} ${name} on raised`).toBeGreaterThan(4.5);
    expect(contrast(of('on-accent'), of('accent')), `${theme} on accent`).toBeGreaterThan(4.5);
  }
});
