// Brings the figures of a page to life, each when it comes near: what draws them is as large as all else together, and a page
// answers its reader before.
import type { Load } from "./data";
import { painted } from "./painted";

/** How far below the window a figure is near. */
const NEAR = "300px";

/** Asks for each address once, however often it is wanted. */
function loader(): Load {
  const asked = new Map<string, Promise<unknown>>();
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(path, { headers: { accept: "application/json" }, credentials: "same-origin" });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  };
  return <T>(path: string): Promise<T> => {
    const known = asked.get(path) ?? ask(path);
    asked.set(path, known);
    return known as Promise<T>;
  };
}

async function animate(figure: HTMLElement): Promise<void> {
  const box = figure.querySelector<HTMLElement>("[data-canvas]");
  const state = figure.querySelector<HTMLElement>("[data-state]");
  if (!box) return;
  try {
    const load = loader();
    // Data and code come at the same time; who waits for the data hears of what goes wrong with them.
    for (const path of [figure.dataset.source, figure.dataset.prices]) if (path) load(path).catch(() => undefined);
    const { draw } = await import("./draw");
    // A task of its own: to run what came takes as long as to draw the first axes.
    await new Promise((done) => setTimeout(done));
    // It is shown when it is whole: scales that grow with what they measure would move it step by step.
    box.dataset.canvas = "drawing";
    await draw(figure, box, load);
    box.dataset.canvas = "";
    state?.remove();
  } catch (error) {
    if (state) state.textContent = state.dataset.failed ?? "";
    console.warn(error);
  }
}

/** Watches all figures of the page. */
export function figures(): void {
  const begun = new Map<HTMLElement, Promise<void>>();
  const begin = (figure: HTMLElement): Promise<void> => {
    const known = begun.get(figure) ?? animate(figure);
    begun.set(figure, known);
    return known;
  };
  const first = painted();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        void first.then(() => begin(target as HTMLElement));
      }
    },
    { rootMargin: `0px 0px ${NEAR}` },
  );
  const all = document.querySelectorAll<HTMLElement>("figure[data-chart]");
  for (const figure of all) {
    observer.observe(figure);
    // A screen reader reaches the switch of a figure that was never in the window.
    const button = figure.querySelector<HTMLButtonElement>("[data-table-switch]");
    button?.addEventListener("click", () => {
      if (!begun.has(figure)) void begin(figure).then(() => button.click());
    });
  }
  addEventListener("beforeprint", () => all.forEach((figure) => void begin(figure)));
}
