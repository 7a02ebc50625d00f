/** A password that can be read out: four groups of letters and digits that are not taken for one another, 80 bits. */
export function easyPassword(random: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => void crypto.getRandomValues(bytes)): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz234567890'.slice(0, 32);
  const drawn = new Uint8Array(16);
  random(drawn);
  return Array.from(drawn, (byte) => letters[byte % 32]!)
    .join('')
    .replace(/(.{4})(?=.)/g, '$1-');
}

/** What is wrong with a name, if anything. */
export const nameProblem = (name: string): string | undefined =>
  name === '' || /^[a-z0-9][a-z0-9._-]{0,31}$/.test(name)
    ? undefined
    : 'Use 1 to 32 lower-case letters, digits and . _ - that start with a letter or digit.';

/** What is wrong with a password, if anything. */
export const passwordProblem = (password: string): string | undefined => {
  const length = new TextEncoder().encode(password).length;
  return password === '' || (length >= 8 && length <= 1024) ? undefined : 'Use 8 to 1024 characters.';
};
