// The description of the API (docs/openapi.json), as a reader looks at it. Pure.

/** What of a JSON schema occurs in the description. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  description?: string;
  enum?: string[];
  items?: Schema | boolean;
  prefixItems?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

type Content = Record<string, { schema?: Schema }>;

interface Described {
  tags?: string[];
  summary?: string;
  description?: string;
  operationId?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
  security?: Record<string, string[]>[];
}

export interface Description {
  info: { title: string; description?: string };
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

/** A type in words: texts, and names of shapes that are described themselves. */
export type Words = (string | { shape: string })[];

export interface Field {
  name: string;
  type: Words;
  required: boolean;
  about: string;
}

export type Who = 'anybody' | 'signed in' | 'capability';

export interface Operation {
  id: string;
  group: string;
  method: string;
  path: string;
  about: string;
  who: Who[];
  parameters: (Field & { place: string })[];
  /** What is sent along. */
  body: { media: string; type: Words; schema: Schema } | undefined;
  answers: { status: string; media: string; type: Words }[];
  refusals: { status: string; codes: string[] }[];
}

export interface Shape {
  name: string;
  about: string;
  /** What it is if it is no object: another type, or one of some. */
  is: Words | undefined;
  fields: Field[];
  /** Objects of which it is one. */
  variants: { type: Words; fields: Field[] }[];
}

const NAMES: Record<string, string> = {
  auth: 'Signing in',
  users: 'People and devices',
  catalogue: 'Games',
  builds: 'Builds',
  bytes: 'Bytes of builds',
  jobs: 'Jobs',
  jumps: 'Patches that were asked for',
  events: 'What happens',
  notifications: 'Notices',
  stats: 'Figures',
  health: 'Health',
  swarm: 'Swarm',
  seeds: 'Seeds',
  seed: 'What a seed asks'
};

/** What a group of operations is called. */
export const groupName = (tag: string): string => NAMES[tag] ?? tag.charAt(0).toUpperCase() + tag.slice(1);

const nameOf = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1);

/** A sentence for readers of the API: links into the code become the last name in them. */
export const plain = (text: string | undefined): string =>
  (text ?? '').replace(/\[`([^`\]]+)`\](\([^)]*\))?/g, (_, path: string) => `\`${path.split('::').at(-1)!.replace(/\(\)$/, '')}\``).replace(/\s*\n\s*/g, ' ');

const joined = (parts: Words[], by: string): Words => parts.flatMap((part, i) => (i === 0 ? part : [by, ...part]));

/** The type of a value, in words. */
export function words(schema: Schema | undefined): Words {
  if (schema === undefined) return ['anything'];
  if (schema.$ref !== undefined) return [{ shape: nameOf(schema.$ref) }];
  if (schema.oneOf) return joined(schema.oneOf.map(words), ' or ');
  if (schema.allOf) return joined(schema.allOf.map(words), ' with ');
  if (schema.enum) return [schema.enum.map((value) => `"${value}"`).join(' or ')];
  const types = [schema.type ?? 'anything'].flat();
  const one = (type: string): Words => {
    if (type !== 'array') return [type === 'string' && schema.format ? `string (${schema.format})` : type];
    if (schema.prefixItems) return ['list of ', ...joined(schema.prefixItems.map(words), ', ')];
    return ['list of ', ...words(typeof schema.items === 'object' ? schema.items : undefined)];
  };
  return joined(types.map(one), ' or ');
}

function fields(schema: Schema): Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, of]) => ({
    name,
    type: words(of),
    required: schema.required?.includes(name) ?? false,
    about: plain(of.description ?? of.oneOf?.[0]?.description)
  }));
}

function who(security: Described['security']): Who[] {
  if (!security || security.length === 0) return ['anybody'];
  return security.map((way) => ('capability' in way ? 'capability' : Object.keys(way).length === 0 ? 'anybody' : 'signed in'));
}

/** Every operation, in the order of the description. */
export function operations({ paths }: Description): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, of]) => {
      const [sent] = Object.entries(of.requestBody?.content ?? {});
      const said = Object.entries(of.responses).filter(([status]) => status !== 'default');
      return {
        id: of.operationId ?? `${method}-${path}`,
        group: of.tags?.[0] ?? 'other',
        method: method.toUpperCase(),
        path,
        about: plain(of.description ?? of.summary),
        who: who(of.security),
        parameters: (of.parameters ?? []).map((p) => ({ name: p.name, place: p.in, required: p.required ?? false, type: words(p.schema), about: plain(p.description ?? p.schema?.description) })),
        body: sent && { media: sent[0], type: sent[0].endsWith('json') ? words(sent[1].schema) : ['bytes'], schema: sent[1].schema ?? {} },
        answers: said
          .filter(([status]) => status < '4')
          .flatMap(([status, { content }]) => {
            const forms = Object.entries(content ?? {});
            return forms.length === 0 ? [{ status, media: '', type: ['nothing'] as Words }] : forms.map(([media, { schema }]) => ({ status, media, type: schema && media.endsWith('json') ? words(schema) : [media] }));
          }),
        refusals: said.filter(([status]) => status >= '4').map(([status, { description }]) => ({ status, codes: description.split(', ') }))
      };
    })
  );
}

/** Every shape, by name. */
export function shapes({ components }: Description): Shape[] {
  return Object.entries(components.schemas)
    .map(([name, schema]) => {
      const many = schema.oneOf?.map((one) => {
        const own = one.allOf ?? [one];
        return { type: joined(own.filter((part) => !part.properties).map(words), ' with '), fields: own.flatMap(fields) };
      });
      const plainly = !schema.properties && !many?.some((one) => one.fields.length > 0);
      return { name, about: plain(schema.description), is: plainly ? words(schema) : undefined, fields: fields(schema), variants: plainly ? [] : (many ?? []) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Those that somebody looks for: each word has to stand in what is done, where, or in a code. */
export function found(all: Operation[], typed: string): Operation[] {
  const asked = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((o) => {
    const text = [o.method, o.path, o.about, groupName(o.group), ...o.refusals.flatMap((r) => r.codes)].join(' ').toLowerCase();
    return asked.every((word) => text.includes(word));
  });
}

/** A value as it could be sent: what is required, and nothing else. */
export function sample(schema: Schema, { components }: Description, depth = 0): unknown {
  if (schema.$ref !== undefined) return depth > 6 ? {} : sample(components.schemas[nameOf(schema.$ref)] ?? {}, { components } as Description, depth + 1);
  if (schema.oneOf) return sample(schema.oneOf[0] ?? {}, { components } as Description, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => sample(part, { components } as Description, depth + 1)));
  if (schema.enum) return schema.enum[0];
  const [type] = [schema.type ?? 'object'].flat();
  if (type === 'string') return '…';
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  if (type === 'array') return [];
  return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {}, { components } as Description, depth + 1)]));
}

/** The operation as a command for a shell. */
export function curl(o: Operation, origin: string, description: Description): string {
  const address = `${origin}${o.path.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())}${o.who.includes('capability') && !o.who.includes('signed in') ? '?cap=CAPABILITY' : ''}`;
  const parts = [`curl ${o.method === 'GET' ? '' : `-X ${o.method} `}'${address}'`];
  if (o.who.includes('signed in')) parts.push(`-H "Authorization: Bearer $MIST_TOKEN"`);
  if (o.body?.media === 'application/json') parts.push(`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(sample(o.body.schema, description)).replaceAll("'", "'\\''")}'`);
  else if (o.body) parts.push(`-H 'Content-Type: ${o.body.media}'`, '--data-binary @FILE');
  return parts.join(' \\\n  ');
}
