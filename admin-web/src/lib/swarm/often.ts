import type { Resource } from '$lib/live/resource.svelte';

/** Reads it again every few seconds while the page is seen; what it returns ends that. For what changes without an event. */
export function often<T>(resource: Resource<T>): () => void {
  const timer = setInterval(() => document.hidden || void resource.refetch(), 5000);
  return () => clearInterval(timer);
}
