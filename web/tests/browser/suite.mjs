// Opens every page as every tier in a headless browser, at three widths, in both themes and languages, and demands: no error on
// the console, nothing wider than the window, no layout that jumps, no violation that axe finds, at most 250 kB.
// Environment: BASE_URL, BROWSER (path), KEYS (JSON: tier to session key), PAGES and STAFF (JSON: lists of paths), SHOTS (a folder for pictures, optional).
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { base, launch, open as openWindow } from "./window.mjs";

const pages = JSON.parse(process.env.PAGES);
const staff = JSON.parse(process.env.STAFF ?? "[]");
const shots = process.env.SHOTS;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const WEIGHT = 250_000;
const PHONE = 390;
/** The smallest phone that is looked after. */
const SMALLEST = 360;
const LOOKS = [
  { width: PHONE, theme: "light", lang: "es" },
  { width: 820, theme: "dark", lang: "en" },
  { width: 1440, theme: "light", lang: "en" },
];

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A window that counts how far the layout jumps. */
async function open(tier, look) {
  const opened = await openWindow(browser, tier, look);
  await opened.page.addInitScript(() => {
    window.shift = 0;
    window.moved = "";
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries().filter((one) => !one.hadRecentInput)) {
        window.shift += entry.value;
        for (const { node, previousRect: from, currentRect: to } of entry.sources) {
          const name = node?.nodeType === 1 ? `<${node.localName} class="${node.className}">` : `"${node?.textContent?.slice(0, 20)}"`;
          window.moved += ` ${name} from ${from.x},${from.y} (${from.width} wide) to ${to.x},${to.y} (${to.width});`;
        }
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return opened;
}

/** What axe objects to; it is put into a window whose policy would refuse it, so it is evaluated, not loaded. */
async function violations(page) {
  const { readFileSync } = await import("node:fs");
  await page.evaluate(readFileSync(axe, "utf8"));
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}

/** Who looks, and how: everybody on a phone at the pages of an asset, where tiers differ; some in every look at all pages. */
const VIEWS = [
  ...LOOKS.flatMap((look) => [{ look, tier: "pro", paths: pages }]),
  { look: LOOKS[0], tier: "visitor", paths: pages },
  ...LOOKS.map((look) => ({ look, tier: "admin", paths: staff })),
  ...["free", "basic", "plus"].map((tier) => ({ look: LOOKS[0], tier, paths: pages.filter((path) => /^\/assets\/SYM1?2?(\/|$)/.test(path)) })),
];

describe("pages", { concurrency: 3 }, () => {
  for (const { look, tier, paths } of VIEWS) {
    test(`${look.width} px, ${look.theme}, ${look.lang}, ${tier}`, async () => {
      const { context, page, errors } = await open(tier, look);
      const wrong = [];
      for (const path of paths) {
        errors.length = 0;
        const reply = await page.goto(base + path, { waitUntil: "networkidle" });
        const at = `${path} as ${tier} at ${look.width}`;
        if (reply.status() >= 500) wrong.push(`${at}: status ${reply.status()}`);
        if (errors.length) wrong.push(`${at}: console: ${errors.join(" | ")}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 0) wrong.push(`${at}: ${wide} px wider than the window`);
        const shift = await page.evaluate(() => window.shift);
        if (shift > 0.05) wrong.push(`${at}: layout shift ${shift.toFixed(3)}:${await page.evaluate(() => window.moved)}`);
        wrong.push(...(await violations(page)).map((v) => `${at}: axe: ${v}`));
        if (look.width === PHONE) {
          await page.setViewportSize({ width: SMALLEST, height: 900 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (wide > 0) wrong.push(`${at}: ${wide} px too wide for a window of ${SMALLEST}`);
          await page.setViewportSize({ width: PHONE, height: 900 });
        }
        if (shots) {
          const name = `${path.replace(/[^a-zA-Z0-9]+/g, "-").replace(/^-|-$/g, "") || "home"}-${tier}-${look.width}-${look.theme}-${look.lang}`;
          await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
        }
      }
      await context.close();
      assert.deepEqual(wrong, []);
    });
  }
});

/** Zones whose names take the room of "UTC", or much more; in varieties of the languages that write the hour in two ways. */
const ZONES = [
  { zone: "America/New_York", lang: "en", locale: "en-US", width: 390 },
  { zone: "Asia/Kolkata", lang: "en", locale: "en-GB", width: 1440 },
  { zone: "Europe/Madrid", lang: "es", locale: "es-ES", width: 390 },
  { zone: "America/St_Johns", lang: "es", locale: "es-MX", width: 820 },
];

describe("times in the reader's zone move nothing", { concurrency: 4 }, () => {
  for (const look of ZONES) {
    test(`${look.zone}, ${look.locale}, ${look.width} px`, async () => {
      const wrong = [];
      let seen = 0;
      for (const [tier, paths] of [["pro", pages], ["admin", staff]]) {
        const { context, page } = await open(tier, look);
        for (const path of paths) {
          await page.goto(base + path, { waitUntil: "networkidle" });
          const times = await page.locator("time[data-local]:visible").evaluateAll((all) => all.map((one) => ({ at: one.dateTime, text: one.textContent, utc: one.title })));
          const shift = await page.evaluate(() => window.shift);
          if (times.length && shift > 0) wrong.push(`${path} as ${tier}: layout shift ${shift.toFixed(4)}:${await page.evaluate(() => window.moved)}`);
          seen += times.length;
          for (const { at, text, utc } of times) {
            const clock = (hourCycle) => new Intl.DateTimeFormat(look.lang, { hour: "2-digit", minute: "2-digit", hourCycle, timeZone: look.zone }).format(new Date(at)).match(/\d+:\d+/)[0];
            if (!utc.endsWith("UTC") || !(text.includes(clock("h12")) || text.includes(clock("h23")))) wrong.push(`${path}: ${at} reads "${text}" for "${utc}"`);
          }
        }
        await context.close();
      }
      assert.deepEqual(wrong, []);
      // The console's world may have published nothing.
      assert.ok(seen > 20 || staff.length === 0, `only ${seen} times were seen`);
    });
  }
});

describe("a first view weighs at most 250 kB", { concurrency: 3 }, () => {
  for (const path of pages) {
    test(path, async () => {
      const { context, page } = await open("pro", LOOKS[2]);
      await page.goto(base + path, { waitUntil: "networkidle" });
      const sizes = await page.evaluate(() =>
        [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((entry) => entry.transferSize),
      );
      const weight = sizes.reduce((sum, size) => sum + size, 0);
      await context.close();
      assert.ok(weight > 0 && weight <= WEIGHT, `${path}: ${weight} bytes`);
    });
  }
});
