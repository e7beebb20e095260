// The price page: the chart with its panes, its slider, and the form.
import { panes } from "../panes";
import { slider } from "../slider";

async function draw(figure: HTMLElement): Promise<void> {
  const box = figure.querySelector<HTMLElement>("[data-canvas]");
  const state = figure.querySelector<HTMLElement>("[data-state]");
  const source = figure.dataset.source ?? "";
  if (!box) return;
  try {
    const chart = await panes(figure, box, source);
    state?.remove();
    const handles = figure.querySelector<HTMLElement>("[data-slider]");
    if (handles) slider(handles, chart, source);
  } catch (error) {
    if (state) state.textContent = state.dataset.failed ?? "";
    console.warn(error);
  }
}

/** Who types a window of their own wants it used. */
function ownWindows(): void {
  const choice = document.querySelector<HTMLSelectElement>("[data-ema]");
  for (const field of document.querySelectorAll("[data-own]")) {
    field.addEventListener("input", () => {
      if (choice) choice.value = "own";
    });
  }
}

for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart=panes]")) void draw(figure);
ownWindows();
