// Lighthouse on a phone with a slow line: every page below has to reach 95 of 100 in performance and accessibility, to answer a
// finger within 1.5 s, and to stay where it is. The site is what `web stage` has filled.
//
//   node measure.mjs --program ../../target/release/web --home ../../target/bench-site [--runs 3] [--only /news] [--weight]
//
// With --weight each page is looked at once, and one JSON line says how many bytes its first view transferred; nothing is judged.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What visitors open, and what opens for who pays for everything. */
const PAGES = [
  ...["/", "/assets/B0000", "/assets/B0000/price", "/assets/B0000/outlook", "/pricing", "/track-record", "/methodology"].map((path) => ["visitor", path]),
  ...["/", "/assets/B0000", "/assets/B0000/price", "/assets/B0000/sentiment", "/assets/B0000/news", "/assets/B0000/outlook"].map((path) => ["pro", path]),
  ...["/assets/B0000/risk", "/sentiment", "/news", "/compare?assets=B0000,B0001,B0002", "/lab?symbol=B0000", "/account"].map((path) => ["pro", path]),
];
const LEAST = 95;
const INTERACTIVE_MS = 1500;
const SHIFT = 0;

const { values: options } = parseArgs({
  options: {
    program: { type: "string" },
    home: { type: "string" },
    runs: { type: "string", default: "3" },
    only: { type: "string" },
    keep: { type: "string" },
    weight: { type: "boolean", default: false },
  },
});

const here = dirname(fileURLToPath(import.meta.url));

function browser() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
  if (!found && !process.env.CHROME_PATH) throw new Error("no Chromium on this machine");
  return process.env.CHROME_PATH ?? found;
}

/** Starts the site; it ends when its input does. */
async function start() {
  const site = spawn(options.program, ["stage", "--home", options.home, "--site-cpus", "", "--player-cpus", ""], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => site.once("exit", resolve));
  const said = await new Promise((resolve, reject) => {
    let text = "";
    site.once("error", reject);
    site.once("exit", (code) => reject(new Error(`the site ended with ${code}`)));
    site.stdout.on("data", (part) => {
      text += part;
      if (text.includes("\n")) resolve(JSON.parse(text.split("\n")[0]));
    });
  });
  return {
    url: said.listening,
    sessions: said.sessions,
    stop: () => {
      site.stdin.end();
      return ended;
    },
  };
}

/** One look of Lighthouse at a page, with the settings that it comes with: a phone, 1.6 Mbit/s, 150 ms, a slow processor. */
async function look(url, headers, chrome) {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-"));
  const report = join(folder, "report.json");
  try {
    const flags = [url, "--quiet", "--output=json", `--output-path=${report}`];
    flags.push("--only-categories=performance,accessibility", "--chrome-flags=--headless=new --no-sandbox --disable-gpu");
    // In a file: who may list processes must not read a session.
    const extra = join(folder, "headers.json");
    writeFileSync(extra, JSON.stringify(headers), { mode: 0o600 });
    flags.push(`--extra-headers=${extra}`);
    const cli = join(here, "node_modules", "lighthouse", "cli", "index.js");
    await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [cli, ...flags], { env: { ...process.env, CHROME_PATH: chrome }, stdio: "inherit" });
      child.once("error", reject);
      child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`Lighthouse ended with ${code}`))));
    });
    const text = readFileSync(report, "utf8");
    if (options.keep) writeFileSync(options.keep, text);
    const { audits, categories } = JSON.parse(text);
    const failing = Object.values(audits).filter((audit) => audit.score !== null && audit.score < 0.5);
    return {
      performance: Math.round((categories.performance.score ?? 0) * 100),
      accessibility: Math.round((categories.accessibility.score ?? 0) * 100),
      painted: audits["first-contentful-paint"].numericValue ?? Number.POSITIVE_INFINITY,
      interactive: audits.interactive.numericValue ?? Number.POSITIVE_INFINITY,
      shift: audits["cumulative-layout-shift"].numericValue ?? 0,
      bytes: audits["total-byte-weight"].numericValue ?? 0,
      failing: failing.map((audit) => audit.id),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same, once more where Lighthouse itself fails: now and then it loses the trace of a page. */
async function looked(url, headers, chrome) {
  try {
    return await look(url, headers, chrome);
  } catch (error) {
    console.error(`${error.message}; once more`);
    return look(url, headers, chrome);
  }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const chrome = browser();
const site = await start();
let good = true;
try {
  if (!options.weight) console.log("reader  page                                performance accessibility painted ms interactive ms  shift    kB");
  for (const [reader, path] of PAGES.filter(([, path]) => !options.only || path === options.only)) {
    const headers = site.sessions[reader] ? { cookie: `sid=${site.sessions[reader]}` } : {};
    // The first reader after a slot waits for Postgres; everybody else does not.
    const first = await fetch(site.url + path, { headers });
    if (!first.ok) throw new Error(`${path} as ${reader}: status ${first.status}`);
    await first.arrayBuffer();
    if (options.weight) {
      const { bytes } = await looked(site.url + path, headers, chrome);
      console.log(JSON.stringify({ page: `${path} (${reader})`, bytes }));
      continue;
    }
    const looks = [];
    for (let run = 0; run < Number(options.runs); run += 1) looks.push(await looked(site.url + path, headers, chrome));
    const of = (name) => median(looks.map((one) => one[name]));
    const shift = Math.max(...looks.map((one) => one.shift));
    const passed = of("performance") >= LEAST && of("accessibility") >= LEAST && of("interactive") <= INTERACTIVE_MS && shift <= SHIFT;
    good &&= passed;
    const numbers = [of("performance"), of("accessibility"), Math.round(of("painted")), Math.round(of("interactive")), shift.toFixed(3)];
    const cells = numbers.map((value, at) => String(value).padStart([12, 14, 11, 15, 7][at]));
    console.log(reader.padEnd(8) + path.padEnd(35), cells.join(""), (of("bytes") / 1000).toFixed(0).padStart(5), passed ? "" : looks[0].failing.join(" "));
  }
} finally {
  await site.stop();
}
if (!good) {
  console.error(`below ${LEAST}, interactive after more than ${INTERACTIVE_MS} ms, or moved`);
  process.exitCode = 1;
}
