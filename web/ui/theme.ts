const storageKey = 'sightline-theme';
const themes = ['auto', 'light', 'dark'] as const;

export type Theme = (typeof themes)[number];

/** The visitor's choice; a browser that stores nothing stays automatic. */
export function currentTheme(): Theme {
  try {
    const stored = localStorage.getItem(storageKey) as Theme | null;
    return stored && themes.includes(stored) ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // Then it holds until the next reload.
  }
}

export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length]!;
}
