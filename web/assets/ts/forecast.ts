// The forecast as a fan after the last closes, beside the random walk's interval.
import { LineSeries } from "lightweight-charts";
import { BandView } from "./band";
import type { ForecastAnswer, Load } from "./data";
import { begin, drawn, frame, price, priceScale } from "./frame";
import { fade } from "./palette";
import { tableSwitch } from "./table";

export async function forecastChart(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  const { closes, horizons } = await load<ForecastAnswer>(figure.dataset.source ?? "");
  const first = horizons[0];
  if (!first) return;
  const { chart, paint, readout } = await frame(box);
  const priceFormat = priceScale(first.last_close);
  const plain = { priceFormat, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false } as const;
  const past = closes.filter((c) => c.time <= first.last_on);
  const history = chart.addSeries(LineSeries, { ...plain, lineWidth: 2 });
  const median = chart.addSeries(LineSeries, { ...plain, lineWidth: 2 });
  const walks = (["rw_q10", "rw_q90"] as const).map((key) => ({ key, series: chart.addSeries(LineSeries, { ...plain, lineWidth: 2, lineStyle: 2 }) }));
  paint((colours) => {
    history.applyOptions({ color: colours.ink });
    median.applyOptions({ color: colours.accent });
    for (const { series } of walks) series.applyOptions({ color: colours.quiet });
  });
  // All fans start at the last close that the forecast knew.
  const from = { time: first.last_on, value: first.last_close };
  await begin(history, past);
  median.setData([from, ...horizons.map((h) => ({ time: h.target_on, value: h.q50 }))]);
  for (const { key, series } of walks) series.setData([from, ...horizons.map((h) => ({ time: h.target_on, value: h[key] }))]);
  chart.timeScale().fitContent();
  await drawn();
  const start = { time: first.last_on, low: first.last_close, high: first.last_close };
  const ninetyFive = chart.addCustomSeries(new BandView(), { priceFormat });
  const eighty = chart.addCustomSeries(new BandView(), { priceFormat });
  paint((colours) => {
    ninetyFive.applyOptions({ fill: fade(colours.accent, 0.16) });
    eighty.applyOptions({ fill: fade(colours.accent, 0.32) });
  });
  ninetyFive.setData([start, ...horizons.map((h) => ({ time: h.target_on, low: h.q025, high: h.q975 }))]);
  eighty.setData([start, ...horizons.map((h) => ({ time: h.target_on, low: h.q10, high: h.q90 }))]);
  // Below the lines.
  ninetyFive.setSeriesOrder(0);
  eighty.setSeriesOrder(1);
  await drawn();
  const offset = past.length - 1;
  readout(history, past.length + horizons.length, (index) => {
    const known = past[index];
    if (known) return `${known.time}  ${price(known.value)}`;
    const h = horizons[index - offset - 1];
    return h ? `${h.target_on}  80 % [${price(h.q10)}, ${price(h.q90)}]  95 % [${price(h.q025)}, ${price(h.q975)}]` : "";
  });
  tableSwitch(figure, () =>
    horizons.map((h) => [h.target_on, price(h.q50), price(h.q10), price(h.q90), price(h.q025), price(h.q975), price(h.rw_q10), price(h.rw_q90)]),
  );
}
