import { useState } from "react";
import { applyTheme, storedTheme, THEMES, type Theme } from "./theme";

const LABELS: Record<Theme, string> = { system: "System", light: "Light", dark: "Dark" };

export function ThemeSwitch() {
  const [theme, setTheme] = useState(storedTheme);
  function choose(chosen: Theme): void {
    applyTheme(chosen);
    setTheme(chosen);
  }
  return (
    <select
      className="theme-switch"
      aria-label="Theme"
      value={theme}
      onChange={(event) => {
        choose(event.target.value as Theme);
      }}
    >
      {THEMES.map((each) => (
        <option key={each} value={each}>
          {LABELS[each]}
        </option>
      ))}
    </select>
  );
}
