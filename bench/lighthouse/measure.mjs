// Lighthouse on a phone with a slow line: every page below has to reach 95 of 100 in performance and accessibility, and to
// answer a finger within 1.5 s. The site is `web serve` on what `web bench` has filled.
//
//   node measure.mjs --program ../../target/release/web --home ../../target/bench-site [--runs 3] [--url http://…]

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const PAGES = ["/", "/assets/B0000", "/assets/B0000/price", "/assets/B0000/outlook", "/pricing", "/track-record"];
const LEAST = 95;
const INTERACTIVE_MS = 1500;

const { values: options } = parseArgs({
  options: {
    program: { type: "string" },
    home: { type: "string" },
    url: { type: "string" },
    runs: { type: "string", default: "3" },
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
  const site = spawn(options.program, ["serve", "--home", options.home, "--port", "0"], {
    env: { ...process.env, QUARTERDAY_CHILD: "1", QUARTERDAY_SANDBOX_DATA: "1" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => site.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    let said = "";
    site.once("error", reject);
    site.once("exit", (code) => reject(new Error(`the site ended with ${code}`)));
    site.stdout.on("data", (part) => {
      said += part;
      if (said.includes("\n")) resolve(JSON.parse(said.split("\n")[0]).listening);
    });
  });
  return {
    url,
    stop: () => {
      site.stdin.end();
      return ended;
    },
  };
}

/** One look of Lighthouse at a page, with the settings that it comes with: a phone, 1.6 Mbit/s, 150 ms, a slow processor. */
async function look(url, chrome) {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-"));
  const report = join(folder, "report.json");
  try {
    const flags = [url, "--quiet", "--output=json", `--output-path=${report}`];
    flags.push("--only-categories=performance,accessibility", "--chrome-flags=--headless=new --no-sandbox --disable-gpu");
    const cli = join(here, "node_modules", "lighthouse", "cli", "index.js");
    await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [cli, ...flags], { env: { ...process.env, CHROME_PATH: chrome }, stdio: "inherit" });
      child.once("error", reject);
      child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`Lighthouse ended with ${code}`))));
    });
    const { audits, categories } = JSON.parse(readFileSync(report, "utf8"));
    const failing = Object.values(audits).filter((audit) => audit.score !== null && audit.score < 0.5);
    return {
      performance: Math.round((categories.performance.score ?? 0) * 100),
      accessibility: Math.round((categories.accessibility.score ?? 0) * 100),
      interactive: audits.interactive.numericValue ?? Number.POSITIVE_INFINITY,
      shift: audits["cumulative-layout-shift"].numericValue ?? 0,
      bytes: audits["total-byte-weight"].numericValue ?? 0,
      failing: failing.map((audit) => audit.id),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const chrome = browser();
const site = options.url ? { url: options.url, stop: async () => {} } : await start();
let good = true;
try {
  console.log("page                      performance accessibility interactive ms  shift    kB");
  for (const page of PAGES) {
    // The first reader after a slot waits for Postgres; everybody else does not.
    await (await fetch(site.url + page)).arrayBuffer();
    const looks = [];
    for (let run = 0; run < Number(options.runs); run += 1) looks.push(await look(site.url + page, chrome));
    const of = (name) => median(looks.map((one) => one[name]));
    const passed = of("performance") >= LEAST && of("accessibility") >= LEAST && of("interactive") <= INTERACTIVE_MS;
    good &&= passed;
    const numbers = [of("performance"), of("accessibility"), Math.round(of("interactive")), of("shift").toFixed(3)];
    const cells = numbers.map((value, at) => String(value).padStart([12, 14, 15, 7][at]));
    console.log(page.padEnd(25), cells.join(""), (of("bytes") / 1000).toFixed(0).padStart(5), passed ? "" : looks[0].failing.join(" "));
  }
} finally {
  await site.stop();
}
if (!good) {
  console.error(`below ${LEAST}, or interactive after more than ${INTERACTIVE_MS} ms`);
  process.exitCode = 1;
}
