// Names of accounts. Pure: the server has the last word.

/** A name as it is kept: spaces come along when it is pasted, and there are no capitals. */
export const plain = (typed: string): string => typed.trim().toLowerCase();

/** What is wrong with a name, if anything is. */
export const nameProblem = (name: string): string | undefined =>
  /^[a-z0-9][a-z0-9._-]{0,31}$/.test(name) ? undefined : 'A name has 1 to 32 letters, digits and . _ - and starts with a letter or digit.';
