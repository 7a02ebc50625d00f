/* What is said of the server's settings. Pure. */
import type { Schemas } from '$lib/api/client';

export type Setting = Schemas['ServerSetting'];

/** What belongs together, by the settings' names. What no part names is in the last one. */
const PARTS: { title: string; names: string[] }[] = [
  { title: 'How it is reached', names: ['listen', 'public_url', 'trusted_proxies', 'requests_per_minute', 'metrics_listen'] },
  { title: 'Where it keeps things', names: ['data_dir', 'database', 'redis', 'redis_prefix', 'backup_dir', 'backup_hours', 'backup_keep'] },
  { title: 'Copies and patches', names: ['copies', 'direct_patch_above', 'reverse_patches'] },
  { title: 'What is kept over time', names: ['history_days', 'history_by_friend'] },
  {
    title: 'The seed in this server',
    names: ['embedded_seed', 'store', 'quic_listen', 'advertise', 'nginx_location', 'lan_discovery', 'upload_limit', 'upload_schedule', 'upload_quota', 'scrub_days', 'scrub_rate', 'keep_free', 'whole_builds', 'archive_cache', 'jump_cache', 'workers', 'threads', 'patch_memory']
  },
  { title: 'The rest', names: [] }
];

export interface Part {
  title: string;
  settings: Setting[];
}

/** The settings that fit what is looked for, in parts; a part that has none is left out. */
export function parts(settings: readonly Setting[], wanted: string, shown: Shown): Part[] {
  const words = wanted.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const fits = (setting: Setting): boolean => {
    if (shown === 'given' && setting.source === 'default') return false;
    if (shown === 'free' && !isFree(setting)) return false;
    const text = `${setting.name} ${setting.name.replaceAll('_', ' ')} ${setting.help} ${setting.value ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const left = new Set(settings.filter(fits));
  const found = PARTS.map(({ title, names }, at) => {
    const own = at === PARTS.length - 1 ? [...left] : names.flatMap((name) => [...left].filter((setting) => setting.name === name));
    for (const setting of own) left.delete(setting);
    return { title, settings: own };
  });
  return found.filter((part) => part.settings.length > 0);
}

/** What is in force, in words: a secret is never shown. */
export function inForce(setting: Setting): { text: string; plain: boolean } {
  if (setting.secret) return setting.source === 'default' ? { text: setting.default, plain: true } : { text: 'set, and never shown', plain: true };
  if (setting.value != null) return { text: setting.value, plain: false };
  return { text: setting.default, plain: true };
}

/** Who said so, in a word or two. */
export const SOURCES: Record<Setting['source'], string> = { default: 'default', file: 'from the file', environment: 'from the environment', flag: 'from a flag', portal: 'from the portal' };

/** Whether it can be changed here: what takes effect at once, and what nothing else gives. */
export const isFree = (setting: Setting): boolean => setting.live === true && (setting.source === 'default' || setting.source === 'portal');

/** Whether it is true or false. */
export const isYesOrNo = (setting: Setting): boolean => setting.takes === 'BOOL';

export type Shown = 'all' | 'given' | 'free';

/** Why it can't be changed here, and where it can. It counts from the next start on. */
export function whereToChange(setting: Setting, file: string | null | undefined): string {
  const free = setting.live === true ? ' Without that it could be changed here.' : '';
  return place(setting, file) + free;
}

function place(setting: Setting, file: string | null | undefined): string {
  switch (setting.source) {
    case 'portal':
      return `An admin set it here.`;
    case 'flag':
      return `The flag ${setting.given_by ?? setting.flag ?? ''} of the server’s command line sets it, and nothing can overrule that. Change the command, and restart the server.`;
    case 'environment':
      return `The variable ${setting.given_by ?? setting.variable} of the server’s environment sets it. Change it where the server is started (its unit, or the compose file), and restart the server.`;
    case 'file':
      return `The line ${setting.name} in ${setting.given_by ?? file ?? 'the configuration file'} sets it. Change that line, and restart the server.`;
    case 'default': {
      const line = setting.secret ? '' : file == null ? '' : ` add a line ${setting.name} to ${file}, or`;
      return `Nobody set it. To do so,${line} give the server the variable ${setting.variable}${setting.secret ? `, or name a file by ${setting.variable}_FILE` : ''}, and restart it.`;
    }
  }
}
