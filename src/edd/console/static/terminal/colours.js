/** The colours of terminals, light and dark, and when they change. */

const LIGHT = {
  background: "#ffffff", foreground: "#1d1f23", cursor: "#2152c0", cursorAccent: "#ffffff",
  selectionBackground: "#c9d8fb", black: "#1d1f23", red: "#b3261e", green: "#17703c", yellow: "#845400",
  blue: "#2152c0", magenta: "#8a2ca0", cyan: "#00697a", white: "#d5d5cf", brightBlack: "#5a5f67",
  brightRed: "#c63a31", brightGreen: "#1b7f45", brightYellow: "#946000", brightBlue: "#3767d6",
  brightMagenta: "#9d41b3", brightCyan: "#007a8d", brightWhite: "#f6f6f3",
};

const DARK = {
  background: "#1a1c1f", foreground: "#e6e7e9", cursor: "#8fb2ff", cursorAccent: "#10131a",
  selectionBackground: "#2c4273", black: "#2b2e33", red: "#ff8d84", green: "#63d08f", yellow: "#e9b650",
  blue: "#8fb2ff", magenta: "#e08df0", cyan: "#58cfe0", white: "#d5d7da", brightBlack: "#a3a8b0",
  brightRed: "#ffaaa3", brightGreen: "#8ae0ad", brightYellow: "#f3cd80", brightBlue: "#b3cbff",
  brightMagenta: "#ecb2f6", brightCyan: "#8ce0ec", brightWhite: "#ffffff",
};

const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

/** Return the colours of the theme that is in force, as xterm.js takes them. */
export function colours() {
  const { theme } = root.dataset;
  return theme === "dark" || (theme !== "light" && system.matches) ? DARK : LIGHT;
}

/** Call `changed` when the theme changes; return what ends that. */
export function onTheme(changed) {
  const watcher = new MutationObserver(changed);
  watcher.observe(root, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", changed);
  return () => {
    watcher.disconnect();
    system.removeEventListener("change", changed);
  };
}
