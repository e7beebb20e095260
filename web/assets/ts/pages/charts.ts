// Draws the charts of an asset's page from the site's JSON, with lightweight-charts.
import { forecastChart } from "../forecast";
import { priceChart } from "../price";
import { sentimentChart } from "../sentiment";

const KINDS: Record<string, (figure: HTMLElement, box: HTMLElement, source: string) => Promise<void>> = {
  price: priceChart,
  sentiment: sentimentChart,
  forecast: forecastChart,
};

async function draw(figure: HTMLElement): Promise<void> {
  const box = figure.querySelector<HTMLElement>("[data-canvas]");
  const state = figure.querySelector<HTMLElement>("[data-state]");
  const kind = KINDS[figure.dataset.chart ?? ""];
  if (!box || !kind) return;
  try {
    await kind(figure, box, figure.dataset.source ?? "");
    state?.remove();
  } catch (error) {
    if (state) state.textContent = state.dataset.failed ?? "";
    console.warn(error);
  }
}

for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart]")) void draw(figure);
