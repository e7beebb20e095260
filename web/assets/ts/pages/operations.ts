// Pages of operators and of the ML team: they follow the ledger without a reload, and meters run.

/** Milliseconds before a page begins to listen: it has just been loaded. */
const SETTLED = 2500;
/** Milliseconds between two steps of a meter. */
const STEP = 1000;

/** Puts what the server has now in place of what is shown, and keeps what the reader has opened. */
async function refresh(): Promise<void> {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  // Signed out, or the thing is gone: the next click says so.
  if (!response.ok || response.redirected) return;
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  const shown = [...document.querySelectorAll<HTMLElement>("[data-live]")];
  const fresh = [...next.querySelectorAll<HTMLElement>("[data-live]")];
  if (shown.length !== fresh.length) {
    location.reload();
    return;
  }
  shown.forEach((part, index) => {
    const other = fresh[index];
    if (!other || part.innerHTML === other.innerHTML || part.contains(document.activeElement)) return;
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    part.replaceChildren(...other.childNodes);
    part.querySelectorAll("details").forEach((one, at) => {
      one.open = open[at] ?? one.open;
    });
  });
  document.dispatchEvent(new Event("fresh"));
  meters();
}

/** Shows what each machine has cost up to now. */
function meters(): void {
  const lang = document.documentElement.lang;
  for (const meter of document.querySelectorAll<HTMLElement>("[data-meter]")) {
    const rate = Number(meter.dataset.meter);
    const hours = (Date.now() - Date.parse(meter.dataset.since ?? "")) / 3_600_000;
    if (!(rate > 0) || !(hours >= 0)) continue;
    const usd = (rate * hours) / 1e6;
    const number = new Intl.NumberFormat(lang, {
      minimumFractionDigits: usd < 10 ? 4 : 2,
      maximumFractionDigits: usd < 10 ? 4 : 2,
    }).format(usd);
    meter.textContent = lang === "es" ? `${number}\u00a0US$` : `$${number}`;
  }
}

/** Listens while the page is in front: a browser opens only a few connections to one site. */
function follow(address: string): void {
  let stream: EventSource | undefined;
  let busy = false;
  let again = false;
  const changed = (): void => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    void refresh().finally(() => {
      busy = false;
      if (again) {
        again = false;
        changed();
      }
    });
  };
  let soon = 0;
  const listen = (): void => {
    stream = new EventSource(address);
    stream.addEventListener("changed", changed);
    // What changed before the stream was open, and whenever it was lost.
    stream.addEventListener("open", changed);
  };
  const begin = (): void => {
    clearTimeout(soon);
    stream?.close();
    stream = undefined;
    if (!document.hidden) soon = setTimeout(listen, SETTLED);
  };
  document.addEventListener("visibilitychange", begin);
  addEventListener("pagehide", () => stream?.close());
  begin();
}

const live = document.querySelector<HTMLElement>("[data-live]");
if (live?.dataset.live) follow(live.dataset.live);
meters();
setInterval(meters, STEP);

export {};
