// Draws each figure of a page by its kind, and says so where that fails.

export type Draw = (figure: HTMLElement, box: HTMLElement) => Promise<void>;

async function drawOne(figure: HTMLElement, kinds: Record<string, Draw>): Promise<void> {
  const box = figure.querySelector<HTMLElement>("[data-canvas]");
  const state = figure.querySelector<HTMLElement>("[data-state]");
  const kind = kinds[figure.dataset.chart ?? ""];
  if (!box || !kind) return;
  try {
    await kind(figure, box);
    state?.remove();
  } catch (error) {
    if (state) state.textContent = state.dataset.failed ?? "";
    console.warn(error);
  }
}

/** Draws all figures of these kinds. */
export function drawFigures(kinds: Record<string, Draw>): void {
  for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart]")) void drawOne(figure, kinds);
}
