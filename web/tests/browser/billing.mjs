// A customer's story, from registering to the end of what was paid. Environment: see window.mjs; and SANDBOX_URL, SANDBOX_KEY of
// the billing sandbox, whose clock the story moves on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, launch, open } from "./window.mjs";

const sandbox = process.env.SANDBOX_URL;
const shots = process.env.SHOTS;
const EMAIL = "ada@example.org";
const PASSWORD = "four green ducks walk home";
const DAY = 86_400;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function provider(method, path, form) {
  const body = form && new URLSearchParams(form).toString();
  const headers = { authorization: `Bearer ${process.env.SANDBOX_KEY}` };
  if (body) headers["content-type"] = "application/x-www-form-urlencoded";
  const reply = await fetch(`${sandbox}/v1${path}`, { method, headers, body });
  assert.ok(reply.ok, `${method} ${path}: ${reply.status}`);
  return reply.json();
}

async function advance(to) {
  await provider("POST", "/test_helpers/test_clocks/clock_sandbox/advance", { frozen_time: String(to) });
}

/** Tries until `look` gives something, for at most so many seconds. */
async function until(look, what, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < end, `${what}: not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

async function press(page, locator) {
  await Promise.all([page.waitForEvent("load"), locator.click()]);
  await page.waitForLoadState("networkidle");
}

test("register, try, pay, read, upgrade, cancel, lose", { timeout: 240_000 }, async () => {
  const { context, page, errors } = await open(browser, "visitor");
  const to = (path) => page.goto(base + path, { waitUntil: "networkidle" });
  const shot = async (name) => shots && page.screenshot({ path: `${shots}/billing-${name}.png`, fullPage: true });
  const text = () => page.locator("main").innerText();
  const subscription = async () => (await provider("GET", "/subscriptions?status=all")).data[0];
  try {
    // Register, with the mail in the local mailbox.
    await to("/pricing");
    await press(page, page.getByRole("link", { name: "Plus: Subscribe monthly" }));
    await page.locator('main input[name="email"]').fill(EMAIL);
    await page.locator('main input[name="password"]').fill(PASSWORD);
    await press(page, page.locator('main form button[type="submit"]').first());
    const link = await until(async () => {
      const list = await (await page.request.get(`${base}/mailbox`)).text();
      for (const [, id] of list.matchAll(/\/mailbox\/(\d+)/g)) {
        const mail = await (await page.request.get(`${base}/mailbox/${id}`)).text();
        const found = mail.match(/\/register\/confirm\?token=[\w-]+/);
        if (found) return found[0];
      }
      return undefined;
    }, "the mail");
    await to(link);
    await page.locator('main input[name="password"]').fill(PASSWORD);
    await press(page, page.locator('main form button[type="submit"]').first());

    // What is locked before it is paid for.
    await to("/assets/SYM12/news");
    assert.ok((await page.locator("main .lock").count()) > 0, "locked before");

    // Trial: from the button to the open page within five seconds of paying.
    await to("/pricing");
    await shot("pricing");
    await press(page, page.getByRole("button", { name: "Plus: Subscribe monthly" }));
    assert.ok(page.url().startsWith(sandbox), page.url());
    await page.locator("#number").fill("4242 4242 4242 4242");
    await page.locator("#expiry").fill("12/34");
    await page.locator("#cvc").fill("123");
    const paid = Date.now();
    await page.locator("#pay").click();
    await page.locator('[data-billing="open"]').waitFor({ timeout: 5000 });
    await shot("return");
    await to("/assets/SYM12/news");
    assert.equal(await page.locator("main .lock").count(), 0, "unlocked");
    const took = Date.now() - paid;
    assert.ok(took <= 5000, `${took} ms from paying to the unlocked page`);
    console.log(`# from paying to the unlocked page: ${took} ms`);

    // The trial ends, and is charged.
    const trial = await subscription();
    assert.equal(trial.status, "trialing");
    await advance(trial.trial_end + 2 * 3600);
    await until(async () => {
      await to("/account/billing");
      return (await text()).includes("Renews on");
    }, "the first payment");
    await shot("overview");

    // Ten days later to pro: what is shown is what is charged.
    const active = await subscription();
    await advance(active.items.data[0].current_period_start + 10 * DAY);
    await until(async () => {
      await to("/account/billing");
      return (await text()).includes("Renews on");
    }, "the overview");
    await press(page, page.getByRole("link", { name: "Change plan" }));
    await press(page, page.getByRole("link", { name: /^Pro, €49\.00/ }));
    const shown = Number(await page.locator("[data-due]").getAttribute("data-due"));
    await shot("change");
    assert.ok(shown > 0 && shown < 3000, `${shown} cents shown`);
    await press(page, page.getByRole("button", { name: "Change now" }));
    const [invoice] = (await provider("GET", "/invoices?limit=1")).data;
    assert.equal(invoice.amount_paid, shown, "charged what was shown");
    await to("/assets/SYM12/outlook");
    assert.equal(await page.locator("main .lock").count(), 0, "pro is open");

    // The provider's portal, and back.
    await to("/account/billing");
    await page.getByRole("button", { name: "Cards, address, receipts" }).click();
    await page.waitForURL((url) => url.href.startsWith(sandbox));

    // Two clicks.
    await to("/account/billing");
    await press(page, page.getByRole("link", { name: "Cancel", exact: true }));
    await shot("cancel");
    await press(page, page.getByRole("button", { name: "Cancel my subscription" }));
    assert.match(await text(), /It ends on/);
    const ending = await subscription();
    assert.equal(ending.cancel_at_period_end, true);

    // At the end of the period access is gone; by then the session is, too.
    await advance(ending.items.data[0].current_period_end + 60);
    await until(async () => {
      await to("/account/billing");
      return page.url().includes("/sign-in") || (await text()).includes("It ended on");
    }, "the end");
    if (page.url().includes("/sign-in")) {
      await page.locator('main input[name="email"]').fill(EMAIL);
      await page.locator('main input[name="password"]').fill(PASSWORD);
      await press(page, page.locator('main form button[type="submit"]').first());
    }
    await to("/assets/SYM12/news");
    assert.ok((await page.locator("main .lock").count()) > 0, "locked after the end");
    await to("/account/billing");
    assert.match(await text(), /It ended on/);
    assert.deepEqual(errors, []);
  } catch (error) {
    error.message = `${error.message}\nat ${page.url()}, console: ${errors.join(" | ") || "silent"}`;
    throw error;
  } finally {
    await context.close();
  }
});
