// Two handles over the whole history. Moving one moves the chart at once; letting go brings the figures below along.
import type { Load } from "./data";
import { day as words } from "./dates";
import type { Answer, Panes } from "./panes";

const DAY = 86_400_000;
/** Fewest days between the handles. */
const NEAREST = 5;

/** Brings the slider to life. */
export function slider(box: HTMLElement, chart: Panes, source: string, load: Load): void {
  const from = box.querySelector<HTMLInputElement>("[data-handle=from]");
  const to = box.querySelector<HTMLInputElement>("[data-handle=to]");
  const says = box.querySelector<HTMLOutputElement>("[data-stretch]");
  if (!from || !to || !says) return;
  const first = Date.parse(box.dataset.first ?? "");
  const day = (handle: HTMLInputElement): string => new Date(first + handle.valueAsNumber * DAY).toISOString().slice(0, 10);
  const named = (handle: HTMLInputElement): string => words(new Date(day(handle)));

  let whole: Promise<void> | null = null;
  // The chart holds the period of the address until somebody wants to see more.
  const loadWhole = (): Promise<void> => {
    whole ??= load<Answer>(everything(source)).then((answer) => chart.fill(answer));
    return whole;
  };
  const tell = (): void => {
    from.setAttribute("aria-valuetext", named(from));
    to.setAttribute("aria-valuetext", named(to));
    says.textContent = `${named(from)} – ${named(to)}`;
  };
  const move = async (moved: HTMLInputElement): Promise<void> => {
    if (moved === from) from.valueAsNumber = Math.min(from.valueAsNumber, to.valueAsNumber - NEAREST);
    else to.valueAsNumber = Math.max(to.valueAsNumber, from.valueAsNumber + NEAREST);
    tell();
    await loadWhole();
    chart.look(day(from), day(to));
  };
  for (const handle of [from, to]) {
    handle.addEventListener("input", () => void move(handle).catch(console.warn));
    handle.addEventListener("change", () => void settle(day(from), day(to)).catch(console.warn));
  }
  tell();
  box.hidden = false;
}

/** The same question over the whole history. */
function everything(source: string): string {
  const address = new URL(source, location.href);
  address.searchParams.set("range", "all");
  address.searchParams.delete("from");
  address.searchParams.delete("to");
  return address.pathname + address.search;
}

/** Makes the stretch part of the address, and fetches what depends on it. */
async function settle(from: string, to: string): Promise<void> {
  const address = new URL(location.href);
  for (const [name, day] of [["from", from], ["to", to]] as const) {
    address.searchParams.set(name, day);
    const field = document.querySelector<HTMLInputElement>(`[data-controls] [name=${name}]`);
    if (field) field.value = day;
  }
  address.searchParams.delete("page");
  history.replaceState(null, "", address);
  for (const period of document.querySelectorAll(".periods [aria-current]")) period.removeAttribute("aria-current");
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceWith(fresh);
  }
  document.dispatchEvent(new Event("fresh"));
}
