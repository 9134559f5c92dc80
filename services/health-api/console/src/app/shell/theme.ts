/** Light, dark, or as the system says; remembered in this browser. */

export type Theme = "system" | "light" | "dark";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];

const STORE = "authpulse:theme";

export function storedTheme(): Theme {
  const stored = localStorage.getItem(STORE);
  return THEMES.find((theme) => theme === stored) ?? "system";
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(STORE, theme);
}
