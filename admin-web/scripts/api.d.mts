export const DESCRIPTION: URL;
export const TYPES: URL;
export function types(): Promise<string>;
