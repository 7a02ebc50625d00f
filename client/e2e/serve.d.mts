export const BUILD: string;
export function serve(): Promise<{ url: string; close: () => void }>;
