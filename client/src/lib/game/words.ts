/** Arguments as they were typed: apart at spaces, but for what stands in quotes. Pure. */
export function words(typed: string): string[] {
  const found: string[] = [];
  for (const [, double, single, plain] of typed.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) found.push(double ?? single ?? plain ?? '');
  return found;
}
