// Uses what the site offers as a reader would, tier by tier, and demands what the tier was promised. No complaint on the console.
// Environment: see window.mjs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { base, launch, open } from "./window.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A test with a window of its own; `to` opens a page of the site and says what came. */
function story(name, tier, look, play) {
  test(`${name}, ${tier}`, async () => {
    const { context, page, errors } = await open(browser, tier, look);
    const to = async (path) => {
      const reply = await page.goto(base + path, { waitUntil: "networkidle" });
      return reply.status();
    };
    try {
      await play(page, to, errors);
      assert.deepEqual(errors, []);
    } catch (error) {
      error.message = `${error.message}\nat ${page.url()}, console: ${errors.join(" | ") || "silent"}`;
      throw error;
    } finally {
      await context.close();
    }
  });
}

/** Numbers as the page writes them, with a true minus sign. */
const number = (text) => Number(text.replace("−", "-").replace(/[^0-9.+-]/g, ""));
const texts = (locator) => locator.allInnerTexts();
/** Opens the options of the price page, where they are not open yet. */
async function unfold(page) {
  if ((await page.locator("details.options[open]").count()) === 0) await page.locator("details.options summary").click();
}
/** Submits the form that holds this button, and waits for the page that comes. */
async function press(page, locator) {
  await Promise.all([page.waitForEvent("load"), locator.click()]);
  await page.waitForLoadState("networkidle");
}

describe("what each tier gets", { concurrency: 3 }, () => {
  const asset = "/assets/SYM12";
  const locks = { visitor: 4, free: 4, basic: 1, plus: 1, pro: 0 };
  for (const [tier, expected] of Object.entries(locks)) {
    story("an asset that few mention", tier, {}, async (page, to) => {
      let locked = 0;
      for (const section of ["price", "sentiment", "news", "outlook"]) {
        assert.equal(await to(`${asset}/${section}`), 200);
        const card = page.locator("main .lock").first();
        const charts = await page.locator("main figure[data-chart], main figure.chart").count();
        if (charts > 0 || section === "news") {
          if ((await card.count()) === 0 || charts > 0) continue;
        }
        if ((await card.count()) === 0) continue;
        locked += 1;
        // What, why, and for how much.
        assert.match(await card.innerText(), /EUR|€/);
        await press(page, card.getByRole("link"));
        assert.match(page.url(), /\/pricing/);
      }
      assert.equal(locked, expected);
    });
  }

  const files = { free: [403, 403], basic: [200, 403], plus: [200, 200], pro: [200, 200] };
  for (const [tier, [csv, parquet]] of Object.entries(files)) {
    story("a file of prices", tier, {}, async (page) => {
      for (const [format, expected] of [["csv", csv], ["parquet", parquet]]) {
        const reply = await page.request.get(`${base}/assets/SYM1/export/bars?format=${format}`);
        assert.equal(reply.status(), expected, format);
        if (expected === 200) assert.match(reply.headers()["content-disposition"], /attachment/);
      }
    });
  }
});

describe("prices", { concurrency: 3 }, () => {
  story("the chart follows the form", "basic", {}, async (page, to) => {
    await to("/assets/SYM1/price");
    await page.locator("figure[data-chart=panes] canvas").first().waitFor();
    await unfold(page);
    for (const [name, value] of Object.entries({ view: "line", sma: "50", bands: "1", macd: "1", rsi: "1", stoch: "1", group: "week" })) {
      const choice = page.locator(`[data-controls] select[name=${name}]`);
      const values = await choice.locator("option").evaluateAll((all) => all.map((option) => option.value));
      await choice.selectOption(values.includes(value) ? value : values.at(-1));
    }
    await page.locator("[data-controls] input[name=fast]").fill("9");
    await page.locator("[data-controls] input[name=slow]").fill("21");
    await press(page, page.locator("[data-controls] button[type=submit]"));
    await page.locator("figure[data-chart=panes] canvas").first().waitFor();
    const legend = (await texts(page.locator("figure[data-chart=panes] .legend li"))).join(" ");
    assert.match(legend, /EMA 9/);
    assert.match(legend, /EMA 21/);
    assert.equal(await page.locator("figure[data-chart=panes]").getAttribute("data-view"), "line");
    // Whoever opens this address sees the same.
    assert.match(page.url(), /fast=9/);
  });

  story("the slider narrows what is shown, and the figures follow", "basic", {}, async (page, to) => {
    await to("/assets/SYM1/price?range=all");
    const handle = page.locator("[data-handle=from]");
    await handle.waitFor();
    const before = number((await texts(page.locator("#facts dd b"))).at(-1));
    await handle.focus();
    for (let n = 0; n < 40; n += 1) await page.keyboard.press("ArrowRight");
    await page.waitForFunction((old) => Number(document.querySelector("#facts dl")?.lastElementChild?.querySelector("b")?.textContent) < old, before);
    assert.match(page.url(), /from=\d{4}-\d\d-\d\d/);
  });

  story("the table sorts, pages and pivots", "basic", {}, async (page, to) => {
    await to("/assets/SYM1/price?range=all&pivot=weekday-month");
    assert.ok((await page.locator("table.pivot tbody tr").count()) >= 5);
    const heads = page.locator("table.bars thead a");
    await press(page, heads.nth(4));
    const closes = (await texts(page.locator("table.bars tbody tr td:nth-of-type(4)"))).map(number);
    const order = await page.locator("table.bars thead th").nth(4).getAttribute("aria-sort");
    const sorted = closes.toSorted((a, b) => (order === "descending" ? b - a : a - b));
    assert.deepEqual(closes, sorted);
    const next = page.locator("#bars a[rel=next]");
    if (await next.count()) await press(page, next.first());
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#bars .pager a").last().click()]);
    assert.match(file.suggestedFilename(), /SYM1.*\.csv/);
  });

  story("the chart's data are a table too", "basic", {}, async (page, to) => {
    await to("/assets/SYM1/price");
    await page.locator("figure[data-chart=panes] canvas").first().waitFor();
    const toggle = page.locator("figure[data-chart=panes] [data-table-switch]");
    await toggle.focus();
    await page.keyboard.press("Enter");
    assert.equal(await toggle.getAttribute("aria-expanded"), "true");
    assert.ok((await page.locator("figure[data-chart=panes] [data-table] tbody tr").count()) > 20);
  });

  story("profits sum up, and a signal leads into the laboratory", "pro", {}, async (page, to) => {
    await to("/assets/SYM1/price?range=all");
    const rows = page.locator("table.trades tbody tr");
    assert.ok((await rows.count()) > 0, "no trades");
    const shares = (await texts(rows.locator("td:nth-of-type(6)"))).map(number);
    const totals = (await texts(rows.locator("td:nth-of-type(8)"))).map(number);
    // The oldest or the newest comes first; the running total is that of the column beside it.
    const running = (values) => values.reduce((sums, value) => [...sums, (sums.at(-1) ?? 0) + value], []);
    const near = (a, b) => a.every((value, n) => Math.abs(value - b[n]) < 0.011 * (n + 1));
    assert.ok(near(running(shares), totals) || near(running(shares.toReversed()), totals.toReversed()), `${shares} against ${totals}`);
    await press(page, page.locator("table.trades a.lab").first());
    assert.match(page.url(), /\/lab\?/);
    assert.match(await page.locator("#lab-on").inputValue(), /^\d{4}-\d\d-\d\d$/);
  });
});

describe("the laboratory", () => {
  story("a run is computed, kept, compared and deleted", "pro", {}, async (page, to, errors) => {
    await to("/lab?symbol=SYM1");
    await page.locator("#lab-simulations").fill("1000000000000");
    await press(page, page.locator(".lab-form button[type=submit]"));
    assert.ok((await page.locator(".field-problem").count()) > 0, "10^12 simulations are refused beside the field");
    assert.deepEqual(errors.splice(0).map((text) => /\b400\b/.test(text)), [true], "the browser notes the refusal");
    for (const simulations of ["20000", "80000"]) {
      await to("/lab?symbol=SYM1");
      await page.locator("#lab-position").fill("10000");
      await page.locator("#lab-window").fill("250");
      await page.locator("#lab-simulations").fill(simulations);
      await page.locator("#lab-workers").fill("2");
      await press(page, page.locator(".lab-form button[type=submit]"));
      assert.match(page.url(), /\/lab\/runs\/\d+/);
      const [low, high] = (await texts(page.locator("section[aria-labelledby=lab-figures] tbody tr td:nth-of-type(1)"))).map(number);
      assert.ok(low > 0 && high > low, `VaR at 99 % exceeds that at 95 %: ${low}, ${high}`);
    }
    const run = page.url();
    await to("/lab/runs?symbol=SYM1&by=simulations&level=99");
    assert.ok((await page.locator("main table tbody tr").count()) >= 2);
    assert.ok((await page.locator("main svg").count()) > 0);
    await page.goto(run);
    await press(page, page.locator("form[action$='/delete'] button"));
    assert.ok(!(await page.content()).includes(new URL(run).pathname));
  });

  story("it is locked, and says for how much it opens", "plus", {}, async (page, to) => {
    await to("/lab");
    assert.match(await page.locator("main .lock").first().innerText(), /Pro/);
  });
});

describe("comparison", () => {
  story("assets are added and taken out, and the address says so", "basic", {}, async (page, to) => {
    await to("/compare?assets=SYM1,SYM2");
    await page.locator("input[name=add]").fill("Company 4");
    await press(page, page.locator("form.controls button[type=submit]"));
    assert.match(decodeURIComponent(page.url()) + (await texts(page.locator(".chips"))).join(), /SYM4/);
    const diagonal = await page.locator("table.heat tbody tr").evaluateAll((rows) => rows.map((row, n) => row.querySelectorAll("td")[n].textContent.trim()));
    assert.ok(diagonal.length === 3 && diagonal.every((cell) => number(cell) === 1), `${diagonal}`);
    await page.locator("figure[data-chart=compare] canvas").first().waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("a[href*='format=csv']").click()]);
    assert.equal(file.suggestedFilename(), "comparison.csv");
    await press(page, page.locator(".chips .remove").last());
    assert.equal(await page.locator("table.heat tbody tr").count(), 2);
  });
});

describe("mood and news", { concurrency: 2 }, () => {
  story("the X-ray sums to the score; noise is a switch", "plus", {}, async (page, to) => {
    await to("/assets/SYM1/sentiment");
    const sums = async () => {
      const adds = (await texts(page.locator("table.xray tbody td:last-child"))).map(number);
      const sum = number(await page.locator("#xray-sum").innerText());
      const total = adds.reduce((a, b) => a + b, 0);
      assert.ok(adds.length > 1 && Math.abs(total - sum) <= 0.0051 * adds.length, `${adds} against ${sum}`);
    };
    await sums();
    await press(page, page.locator("main .toolbar a[href*='noise=raw']").first());
    assert.match(page.url(), /noise=raw/);
    await sums();
    await page.locator("figure[data-chart=mood] canvas").first().waitFor();
    assert.match(await page.locator("#leads").innerText(), /\S/);
  });

  story("news is searched and filtered", "plus", {}, async (page, to) => {
    await to("/news");
    const all = await page.locator("#headlines .document").count();
    assert.ok(all > 1);
    await page.locator(".news-filters input[name=q]").fill("SYM4");
    await press(page, page.locator(".news-filters button[type=submit]"));
    const found = await texts(page.locator("#headlines .document"));
    assert.ok(found.length > 0 && found.every((text) => text.includes("SYM4")), `${found}`);
    await to("/news?class=fx");
    assert.equal(await page.locator("#headlines .document").count(), 0, "no asset of this world is a currency");
    assert.match(await page.locator("#headlines").innerText(), /\S/);
    await to("/news?class=equity");
    assert.ok((await page.locator("#headlines .document").count()) > 0);
    await to("/assets/SYM1/news?tone=positive");
    assert.ok((await page.locator("#headlines").count()) === 1);
  });
});

describe("forecast and risk", () => {
  story("the fan, the signals and the receipt", "pro", {}, async (page, to) => {
    await to("/assets/SYM1/outlook");
    await page.locator("figure[data-chart=forecast] canvas").first().waitFor();
    assert.equal(await page.locator("section[aria-labelledby=outlook-title] tbody tr").count(), 5);
    await press(page, page.locator("a.why[href*='value=forecast']").first());
    assert.ok((await page.locator("dl.account dt").count()) > 3);
    await to("/assets/SYM1/risk");
    assert.match(await page.locator("main").innerText(), /99/);
  });
});

describe("what is one's own", { concurrency: 2 }, () => {
  story("a watchlist, a saved view, an alert", "basic", {}, async (page, to) => {
    await to("/watchlists");
    await page.locator("#new-name").fill("Mine <b>");
    await press(page, page.locator("form[action='/watchlists'] button"));
    const list = page.locator("section", { has: page.getByRole("heading", { name: "Mine <b>" }) });
    await list.locator("input[name=symbol]:not([type=hidden])").fill("SYM2");
    await press(page, list.getByRole("button", { name: "Add" }));
    assert.match(await list.innerText(), /Company 2|SYM2/);
    await to("/");
    assert.match(await page.locator("main").innerText(), /Mine <b>/);

    await to("/assets/SYM1/price?range=all");
    await page.locator("#view-name").fill("All of it");
    await press(page, page.locator(".save-view button"));
    await to("/account");
    await press(page, page.getByRole("link", { name: "All of it" }));
    assert.match(page.url(), /range=all/);

    await to("/alerts/new?asset=SYM1&measure=price&operator=moves&threshold=1&days=1&mail=on");
    assert.match(await page.locator("main .answer").innerText(), /90 days/);
    await press(page, page.locator("button[formaction='/alerts']"));
    const alert = page.locator("ul.alerts li", { hasText: "SYM1" }).last();
    await press(page, alert.locator("button[value=pause]"));
    await press(page, page.locator("ul.alerts li button[value=resume]").last());
    await press(page, page.locator("ul.alerts li button[value=delete]").last());
  });

  story("the weekly report opens as PDF", "pro", {}, async (page, to) => {
    await to("/account/notifications");
    const href = await page.locator("a[href$='.pdf']").first().getAttribute("href");
    const reply = await page.request.get(base + href);
    assert.equal(reply.status(), 200);
    assert.equal((await reply.body()).subarray(0, 5).toString(), "%PDF-");
  });

  story("an API key is made, works and is revoked", "pro", {}, async (page, to) => {
    await to("/account/keys");
    await page.locator("#key-name").fill("A program");
    await press(page, page.locator("form[action='/account/keys'] button[type=submit]"));
    const key = (await page.locator("code.secret").innerText()).trim();
    const call = () => page.request.get(`${base}/api/v1/assets?limit=2`, { headers: { authorization: `Bearer ${key}` } });
    const reply = await call();
    assert.equal(reply.status(), 200);
    await page.reload();
    assert.ok(!(await page.content()).includes(key), "it is shown once");
    await press(page, page.locator("form[action='/account/keys/revoke'] button").last());
    assert.equal((await call()).status(), 401);
  });
});

describe("everywhere", { concurrency: 3 }, () => {
  story("search by name, from a page deep inside", "visitor", {}, async (page, to) => {
    await to("/track-record");
    await page.locator("#q").fill("Company 4");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.match(page.url() + (await page.locator("main").innerText()), /SYM4/);
  });

  story("language and colours are chosen and stay", "visitor", { width: 390 }, async (page, to) => {
    await to("/glossary");
    await page.locator(".looks select[name=lang]").selectOption("es");
    await page.locator(".looks select[name=theme]").selectOption("dark");
    if (await page.locator(".looks button").isVisible()) await press(page, page.locator(".looks button"));
    await page.waitForFunction(() => document.documentElement.lang === "es" && document.documentElement.dataset.theme === "dark");
    await to("/status");
    assert.equal(await page.locator("html").getAttribute("lang"), "es");
  });

  story("the navigation on a phone leads everywhere", "visitor", { width: 390 }, async (page, to) => {
    await to("/");
    await page.locator(".nav-phone a").click();
    assert.match(page.url(), /#map/);
    await press(page, page.locator("#map a[href='/status']"));
    assert.match(page.url(), /\/status/);
  });

  story("the keyboard alone reaches the content and an asset", "free", {}, async (page, to) => {
    await to("/");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.getAttribute("href")?.startsWith("/assets/"))) break;
    }
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.match(page.url(), /\/assets\//);
  });

  story("pages work without scripts", "plus", { script: false }, async (page, to) => {
    await to("/assets/SYM1/price?range=all");
    assert.ok((await page.locator("table.bars tbody tr").count()) > 5);
    await unfold(page);
    await page.locator("[data-controls] select[name=group]").selectOption("month");
    await press(page, page.locator("[data-controls] button[type=submit]"));
    assert.match(page.url(), /group=month/);
    await to("/assets/SYM1/sentiment");
    assert.ok((await page.locator("table.xray tbody tr").count()) > 0);
  });

  for (const path of ["/assets/NOPE", "/assets/SYM1/price?view=nonsense", "/compare?assets=" + Array(2000).fill("SYM1X").join(","), "/assets/SYM1/receipt?slot=never"]) {
    test(`what cannot be answered is explained: ${path.slice(0, 40)}`, async () => {
      const { context, page } = await open(browser, "pro");
      const reply = await page.goto(base + path);
      assert.ok([400, 404, 414].includes(reply.status()), `${reply.status()}`);
      assert.ok((await page.locator("main .answer").innerText()).length > 10);
      await context.close();
    });
  }
});
