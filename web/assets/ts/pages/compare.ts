// The comparison: closes rebased to 100, one line an asset.
import { LineSeries } from "lightweight-charts";
import { load } from "../data";
import { frame, number } from "../frame";
import { lineColour, lineStyle, roomy } from "../lines";
import { tableSwitch } from "../table";

interface Answer {
  days: string[] | null;
  assets: { symbol: string; name: string; rebased: number[] }[];
}

async function draw(figure: HTMLElement): Promise<void> {
  const box = figure.querySelector<HTMLElement>("[data-canvas]");
  const state = figure.querySelector<HTMLElement>("[data-state]");
  if (!box) return;
  try {
    const { days, assets } = await load<Answer>(figure.dataset.source ?? "");
    const { chart, paint, readout } = frame(box, (value) => number(value, 1));
    const known = days ?? [];
    const lines = assets.map((asset, place) => {
      const line = chart.addSeries(LineSeries, {
        lineWidth: 2,
        lineStyle: lineStyle(place),
        priceLineVisible: false,
        title: roomy(box) ? asset.symbol : "",
      });
      line.setData(known.map((time, at) => ({ time, value: asset.rebased[at] ?? Number.NaN })));
      return line;
    });
    const start = lines[0]?.createPriceLine({ price: 100, lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
    paint((colours) => {
      lines.forEach((line, place) => line.applyOptions({ color: lineColour(place) }));
      start?.applyOptions({ color: colours.quiet });
    });
    chart.timeScale().fitContent();
    const value = (asset: Answer["assets"][number], at: number): string => number(asset.rebased[at] ?? Number.NaN, 1);
    const first = lines[0];
    if (first) {
      readout(first, known.length, (at) => `${known[at] ?? ""}  ${assets.map((asset) => `${asset.symbol} ${value(asset, at)}`).join("  ")}`);
    }
    figure.dataset.headers = [figure.dataset.headers ?? "", ...assets.map((asset) => asset.symbol)].join("|");
    tableSwitch(figure, () => known.map((day, at) => [day, ...assets.map((asset) => value(asset, at))]).reverse());
    state?.remove();
  } catch (error) {
    if (state) state.textContent = state.dataset.failed ?? "";
    console.warn(error);
  }
}

for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart=compare]")) void draw(figure);
