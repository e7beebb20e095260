// The comparison: closes rebased to 100, one line an asset.
import { LineSeries, type ISeriesApi } from "lightweight-charts";
import type { Load } from "./data";
import { begin, drawn, frame, number } from "./frame";
import { lineColour, lineStyle, roomy } from "./lines";
import { tableSwitch } from "./table";

interface Answer {
  days: string[] | null;
  assets: { symbol: string; name: string; rebased: number[] }[];
}

export async function compareChart(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  const { days, assets } = await load<Answer>(figure.dataset.source ?? "");
  const { chart, paint, readout } = await frame(box, (value) => number(value, 1));
  const known = days ?? [];
  const lines: ISeriesApi<"Line">[] = [];
  for (const [place, asset] of assets.entries()) {
    const line = chart.addSeries(LineSeries, {
      lineWidth: 2,
      lineStyle: lineStyle(place),
      priceLineVisible: false,
      title: roomy(box) ? asset.symbol : "",
    });
    paint(() => line.applyOptions({ color: lineColour(place) }));
    const points = known.map((time, at) => ({ time, value: asset.rebased[at] ?? Number.NaN }));
    if (place === 0) await begin(line, points);
    else line.setData(points);
    chart.timeScale().fitContent();
    lines.push(line);
    await drawn();
  }
  const start = lines[0]?.createPriceLine({ price: 100, lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
  paint((colours) => {
    start?.applyOptions({ color: colours.quiet });
  });
  const value = (asset: Answer["assets"][number], at: number): string => number(asset.rebased[at] ?? Number.NaN, 1);
  const first = lines[0];
  if (first) {
    readout(first, known.length, (at) => `${known[at] ?? ""}  ${assets.map((asset) => `${asset.symbol} ${value(asset, at)}`).join("  ")}`);
  }
  figure.dataset.headers = [figure.dataset.headers ?? "", ...assets.map((asset) => asset.symbol)].join("|");
  tableSwitch(figure, () => known.map((day, at) => [day, ...assets.map((asset) => value(asset, at))]).reverse());
}
