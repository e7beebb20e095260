// Shows the live price of an asset while quotes come, and goes back to the slot's price when they do not.

interface LivePrice {
  price: string;
  change: string | null;
  at: string;
  shown_at: string;
}

function follow(figure: HTMLElement): void {
  const find = (name: string): HTMLElement | null => figure.querySelector<HTMLElement>(`[data-${name}]`);
  const [slot, live, price, change, time] = ["slot-price", "live-price", "live-value", "live-change", "live-at"].map(find);
  const source = figure.dataset.live;
  if (!source || !slot || !live || !price || !change || !time) return;
  const fresh = Number(figure.dataset.freshS ?? "90") * 1000;
  let stale = 0;
  let stream: EventSource | undefined;
  const fallBack = (): void => {
    live.hidden = true;
    slot.hidden = false;
  };
  const show = (event: MessageEvent<string>): void => {
    const quote = JSON.parse(event.data) as LivePrice;
    price.textContent = quote.price;
    change.textContent = quote.change ?? "";
    time.textContent = quote.shown_at;
    time.setAttribute("datetime", quote.at);
    live.hidden = false;
    slot.hidden = true;
    clearTimeout(stale);
    stale = setTimeout(fallBack, fresh);
  };
  const listen = (): void => {
    stream?.close();
    if (document.hidden) return;
    stream = new EventSource(source);
    stream.addEventListener("quote", show);
  };
  if (!live.hidden) stale = setTimeout(fallBack, fresh);
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => stream?.close());
  listen();
}

for (const figure of document.querySelectorAll<HTMLElement>(".live-figure[data-live]")) follow(figure);

export {};
