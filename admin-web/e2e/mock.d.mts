export function mock(scene: string): Promise<{ url: string; close: () => void }>;
