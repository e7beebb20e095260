// The page after a payment: asks until what was paid for is open, then shows it.

interface State {
  open: boolean;
}

const waiting = document.querySelector<HTMLElement>('[data-billing="waiting"]');
const EVERY_MS = 1000;
const TRIES = 60;

async function isOpen(): Promise<boolean> {
  const answer = await fetch("/account/billing/state", { headers: { accept: "application/json" } });
  return answer.ok && ((await answer.json()) as State).open;
}

async function wait(): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    // A try that fails is followed by the next.
    if (await isOpen().catch(() => false)) {
      location.reload();
      return;
    }
  }
}

if (waiting) void wait();

export {};
