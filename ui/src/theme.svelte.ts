export type Theme = 'system' | 'light' | 'dark';

const KEY = 'mist-theme';

/** What this browser shows the portal in; static/theme.js sets it before the first paint. */
class Chosen {
  theme = $state<Theme>((localStorage.getItem(KEY) as Theme | null) ?? 'system');

  choose(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') {
      localStorage.removeItem(KEY);
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem(KEY, theme);
      document.documentElement.dataset.theme = theme;
    }
  }
}

export const chosen = new Chosen();
