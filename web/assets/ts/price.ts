// Daily candles over traded volume.
import { CandlestickSeries, HistogramSeries } from "lightweight-charts";
import type { Bar, Load, PriceAnswer } from "./data";
import { begin, drawn, frame, number, price, priceScale } from "./frame";
import { fade } from "./palette";
import { tableSwitch } from "./table";

/** Bars that are seen at first: about half a year. */
const SEEN = 126;

export async function priceChart(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  const { bars } = await load<PriceAnswer>(figure.dataset.source ?? "");
  const { chart, paint, readout } = await frame(box);
  const candles = chart.addSeries(CandlestickSeries, { priceFormat: priceScale(bars.at(-1)?.close), priceLineVisible: false });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });
  paint(({ up, down }) => {
    candles.applyOptions({
      upColor: up,
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
  });
  await begin(candles, bars);
  chart.timeScale().setVisibleLogicalRange({ from: Math.max(bars.length - SEEN, 0), to: bars.length });
  await drawn();
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  paint(({ up, down }) => {
    const tone = (bar: Bar): string => fade(bar.close >= bar.open ? up : down, 0.35);
    volume.setData(bars.flatMap((bar) => (bar.volume === null ? [] : [{ time: bar.time, value: bar.volume, color: tone(bar) }])));
  });
  await drawn();
  const h = (figure.dataset.headers ?? "").split("|");
  readout(candles, bars.length, (index) => {
    const bar = bars[index];
    if (!bar) return "";
    if (box.clientWidth < 520) return `${bar.time}  ${price(bar.close)}`;
    return `${bar.time}  ${h[1]} ${price(bar.open)}  ${h[2]} ${price(bar.high)}  ${h[3]} ${price(bar.low)}  ${h[4]} ${price(bar.close)}`;
  });
  tableSwitch(figure, () =>
    [...bars].reverse().map((bar) => [
      bar.time,
      price(bar.open),
      price(bar.high),
      price(bar.low),
      price(bar.close),
      bar.volume === null ? "–" : number(bar.volume, 0),
    ]),
  );
}
