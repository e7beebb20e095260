// Charts take their colours from the page's variables.

export interface Palette {
  paper: string;
  ink: string;
  quiet: string;
  line: string;
  accent: string;
  up: string;
  down: string;
}

/** The colours that are in force now. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: read("paper"),
    ink: read("ink"),
    quiet: read("quiet"),
    line: read("line"),
    accent: read("accent"),
    up: read("up"),
    down: read("down"),
  };
}

/** A hex colour with an opacity from 0 to 1. */
export function fade(hex: string, opacity: number): string {
  const alpha = Math.round(opacity * 255);
  return hex + alpha.toString(16).padStart(2, "0");
}

/** Calls back when the theme or the colours change, by the reader or by the system. */
export function onLooks(change: () => void): void {
  document.addEventListener("looks", change);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", change);
}
