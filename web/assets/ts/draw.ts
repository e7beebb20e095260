// Everything that draws, in one file of its own: the first figure that comes near brings it along.
import { compareChart } from "./compare";
import type { Load } from "./data";
import { forecastChart } from "./forecast";
import { drawn } from "./frame";
import { moodChart } from "./mood-history";
import { priceChart } from "./price";
import { pricesChart } from "./prices";
import { sentimentChart } from "./sentiment";
import { toneChart } from "./tone";

type Draw = (figure: HTMLElement, box: HTMLElement, load: Load) => Promise<void>;

const KINDS: Record<string, Draw> = {
  compare: compareChart,
  forecast: forecastChart,
  market: moodChart,
  mood: moodChart,
  panes: pricesChart,
  price: priceChart,
  sentiment: sentimentChart,
  tone: toneChart,
};

/** Draws the figure by its kind, until its last step is drawn: to show the whole is a task of its own. */
export async function draw(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  await KINDS[figure.dataset.chart ?? ""]?.(figure, box, load);
  await drawn();
}
