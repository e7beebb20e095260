// The chart of the price page, with its slider.
import type { Load } from "./data";
import { panes } from "./panes";
import { slider } from "./slider";

export async function pricesChart(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  const source = figure.dataset.source ?? "";
  const chart = await panes(figure, box, source, load);
  const handles = figure.querySelector<HTMLElement>("[data-slider]");
  if (handles) slider(handles, chart, source, load);
}
