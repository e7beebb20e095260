// Tells the reader of an open page that a newer slot has been published.

/** Milliseconds before a page begins to listen: it has just been loaded, and many readers go on at once. */
const SETTLED = 3000;

interface Published {
  slot: string;
  version: number;
  closes_at: string;
}

/** Listens while the page is in front: a browser opens only a few connections to one site. */
export function newer(): void {
  const line = document.querySelector<HTMLElement>("[data-newer]");
  if (!line) return;
  const shown = Date.parse(line.dataset.newer ?? "");
  const version = Number(line.dataset.version ?? "1");
  let stream: EventSource | undefined;
  const heard = (event: MessageEvent<string>): void => {
    const published = JSON.parse(event.data) as Published;
    const at = Date.parse(published.closes_at);
    if (Number.isNaN(shown) || at > shown || (at === shown && published.version > version)) {
      line.hidden = false;
      stream?.close();
    }
  };
  let soon = 0;
  const listen = (): void => {
    stream = new EventSource("/events");
    stream.addEventListener("slot-published", heard);
  };
  const follow = (): void => {
    clearTimeout(soon);
    stream?.close();
    if (!document.hidden && line.hidden) soon = setTimeout(listen, SETTLED);
  };
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => stream?.close());
  follow();
}
