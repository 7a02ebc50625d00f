import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { curl, found, operations, plain, sample, shapes, words, type Description } from './reference';

const description = JSON.parse(readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8')) as Description;
const all = operations(description);
const known = shapes(description);

test('every operation has a sentence, a name of its own and an answer', () => {
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((o) => o.about === '' || o.answers.length === 0)).toEqual([]);
  expect(new Set(all.map((o) => o.id)).size).toBe(all.length);
});

test('no type leads to a shape that is not there, and nothing is left unsaid', () => {
  const names = new Set(known.map((s) => s.name));
  const fields = known.flatMap((s) => [...s.fields, ...s.variants.flatMap((v) => v.fields)]);
  const types = [...all.flatMap((o) => [o.body?.type ?? [], ...o.answers.map((a) => a.type), ...o.parameters.map((p) => p.type)]), ...fields.map((f) => f.type), ...known.map((s) => s.is ?? [])];
  expect(types.flat().filter((part) => typeof part === 'object' && !names.has(part.shape))).toEqual([]);
  expect(types.flat()).not.toContain('anything');
  expect(known.filter((s) => s.is === undefined && s.fields.length === 0 && s.variants.length === 0)).toEqual([]);
});

test('types are told in words', () => {
  expect(words({ type: ['integer', 'null'] })).toEqual(['integer', ' or ', 'null']);
  expect(words({ type: 'array', items: { $ref: '#/components/schemas/Game' } })).toEqual(['list of ', { shape: 'Game' }]);
  expect(words({ type: 'string', enum: ['up', 'down'] })).toEqual(['"up" or "down"']);
  expect(plain('See [`crate::claims::TrackerKey::has_proved`] and [`Slug`](x).')).toBe('See `has_proved` and `Slug`.');
});

test('one finds an operation by what it does, by its path and by how it refuses', () => {
  const ids = (typed: string) => found(all, typed).map((o) => o.id);
  expect(ids('')).toHaveLength(all.length);
  expect(ids('post invite join')).toContain('joinByInvite');
  expect(ids('unknown_invite')).toContain('joinByInvite');
  expect(ids('nothing of the kind')).toEqual([]);
});

test('an example sends what is required, and who may ask', () => {
  const of = (id: string) => all.find((o) => o.id === id)!;
  const join = curl(of('joinByInvite'), 'https://mist.example.org', description);
  expect(join).toContain(`curl -X POST 'https://mist.example.org/api/v1/`);
  expect(join).not.toContain('Authorization');
  for (const o of all.filter((o) => o.body?.media === 'application/json')) expect(sample(o.body!.schema, description), o.id).toBeDefined();
  const get = all.find((o) => o.method === 'GET' && o.path.endsWith('/games/{slug}'))!;
  expect(curl(get, 'https://mist.example.org', description)).toBe(`curl 'https://mist.example.org/api/v1/games/SLUG' \\\n  -H "Authorization: Bearer $MIST_TOKEN"`);
});
