/** The dark squares of a QR code as one path, with the four light squares around it that readers need. Pure. */
export function squares(rows: readonly string[]): string {
  const runs: string[] = [];
  rows.forEach((row, y) => {
    for (const run of row.matchAll(/1+/g)) runs.push(`M${run.index + 4} ${y + 4}h${run[0].length}v1h-${run[0].length}z`);
  });
  return runs.join('');
}
