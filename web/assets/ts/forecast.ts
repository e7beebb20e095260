// The forecast as a fan after the last closes, beside the random walk's interval.
import { LineSeries } from "lightweight-charts";
import { BandView } from "./band";
import { load, type ForecastAnswer } from "./data";
import { frame, price } from "./frame";
import { fade } from "./palette";
import { tableSwitch } from "./table";

export async function forecastChart(figure: HTMLElement, box: HTMLElement, source: string): Promise<void> {
  const { closes, horizons } = await load<ForecastAnswer>(source);
  const first = horizons[0];
  if (!first) return;
  const { chart, paint, readout } = frame(box, price);
  // All fans start at the last close that the forecast knew.
  const start = { time: first.last_on, low: first.last_close, high: first.last_close };
  const ninetyFive = chart.addCustomSeries(new BandView(), {});
  const eighty = chart.addCustomSeries(new BandView(), {});
  ninetyFive.setData([start, ...horizons.map((h) => ({ time: h.target_on, low: h.q025, high: h.q975 }))]);
  eighty.setData([start, ...horizons.map((h) => ({ time: h.target_on, low: h.q10, high: h.q90 }))]);
  const plain = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false } as const;
  const from = { time: first.last_on, value: first.last_close };
  const walks = (["rw_q10", "rw_q90"] as const).map((key) => {
    const series = chart.addSeries(LineSeries, { ...plain, lineWidth: 2, lineStyle: 2 });
    series.setData([from, ...horizons.map((h) => ({ time: h.target_on, value: h[key] }))]);
    return series;
  });
  const median = chart.addSeries(LineSeries, { ...plain, lineWidth: 2 });
  median.setData([from, ...horizons.map((h) => ({ time: h.target_on, value: h.q50 }))]);
  const past = closes.filter((c) => c.time <= first.last_on);
  const history = chart.addSeries(LineSeries, { ...plain, lineWidth: 2 });
  history.setData(past);
  paint((colours) => {
    ninetyFive.applyOptions({ fill: fade(colours.accent, 0.16) });
    eighty.applyOptions({ fill: fade(colours.accent, 0.32) });
    median.applyOptions({ color: colours.accent });
    history.applyOptions({ color: colours.ink });
    for (const walk of walks) walk.applyOptions({ color: colours.quiet });
  });
  chart.timeScale().fitContent();
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
