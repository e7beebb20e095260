// A window of one reader in a headless browser, with what went wrong in it.
// Environment: BASE_URL, BROWSER (path), KEYS (JSON: tier to session key).
import { chromium } from "playwright-core";

export const base = process.env.BASE_URL;
const keys = JSON.parse(process.env.KEYS);

/** Starts the browser. */
export function launch() {
  const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return chromium.launch({ executablePath: process.env.BROWSER, args });
}

/** A window of a reader of this tier; `errors` gathers what the console and the scripts complain of. */
export async function open(browser, tier, { width = 1440, theme = "light", lang = "en", locale = lang, zone = "UTC", script = true } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    locale,
    timezoneId: zone,
    colorScheme: theme,
    bypassCSP: false,
    reducedMotion: "reduce",
    javaScriptEnabled: script,
  });
  const cookie = (name, value) => ({ name, value, url: base });
  const cookies = [cookie("lang", lang), cookie("theme", theme)];
  if (keys[tier]) cookies.push(cookie("sid", keys[tier]));
  await context.addCookies(cookies);
  const page = await context.newPage();
  // How fast pages are is the benchmark's business; a busy machine must not fail a page that is right.
  page.setDefaultNavigationTimeout(90_000);
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  return { context, page, errors };
}
