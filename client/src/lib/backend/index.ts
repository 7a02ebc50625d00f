import type { Backend } from './backend';

export * from './backend';
export type * from './types';
export type * from './api';

/** The engine that these pages belong to. Pages for tests say in their address which one that is. */
export async function connect(): Promise<Backend> {
  if (__TEST_PAGES__) {
    const query = new URLSearchParams(location.search);
    const token = query.get('bridge');
    if (token !== null) return (await import('./bridge')).bridge(token);
    const { Made } = await import('../mock/made');
    return Made.running(query.get('scene') ?? 'evening');
  }
  return (await import('./tauri')).tauri;
}
