// A score with its interval on the right scale, beside a price on the left one: slot by slot, or day by day.
import { LineSeries, type IChartApi, type UTCTimestamp } from "lightweight-charts";
import { BandView } from "./band";
import type { Bar, Load, PriceAnswer } from "./data";
import { day, moment } from "./dates";
import { begin, drawn, frame, number, price, signed } from "./frame";
import { fade } from "./palette";

/** A score at an instant; null: too few documents. */
export interface Scored {
  at: number;
  score: number | null;
  low: number | null;
  high: number | null;
  raw: number | null;
  count: number;
}

interface Instant extends Partial<Scored> {
  time: UTCTimestamp;
  price: number | null;
}

const DAY = 86_400;

/** Daily bars, or none where there is no address or the tier does not include them. */
export async function bars(source: string, load: Load): Promise<Bar[]> {
  return source === "" ? [] : (await load<PriceAnswer>(source)).bars;
}

/** A close is known when its day is over. */
const closedAt = (bar: Bar): number => Date.parse(`${bar.time}T00:00:00Z`) / 1000 + DAY;
const basis = (bar: Bar & { adj_close?: number | null }): number => bar.adj_close ?? bar.close;

/** All instants of scores and closes in one order; prices older than the first score are left out. */
export function merge(scores: Scored[], closes: Bar[]): Instant[] {
  const instants = new Map<number, Instant>();
  for (const s of scores) instants.set(s.at, { ...s, time: s.at as UTCTimestamp, price: null });
  const first = scores[0]?.at ?? 0;
  for (const bar of closes) {
    const at = closedAt(bar);
    if (at < first) continue;
    const known = instants.get(at);
    if (known) known.price = basis(bar);
    else instants.set(at, { time: at as UTCTimestamp, price: basis(bar) });
  }
  return [...instants.values()].sort((a, b) => a.time - b.time);
}

export interface Words {
  price: string;
  mood: string;
  few: string;
}

/** The words of the read-out, as the page gives them. */
export function words(figure: HTMLElement): Words {
  const [p = "", mood = "", few = ""] = (figure.dataset.words ?? "").split("|");
  return { price: p, mood, few };
}

/** Draws both series; `daily` leaves the hours out. */
export async function draw(box: HTMLElement, instants: Instant[], says: Words, options: { raw: boolean; daily: boolean }): Promise<IChartApi> {
  const { chart, paint, readout } = await frame(box);
  const priced = instants.some((i) => i.price !== null);
  chart.applyOptions({
    timeScale: { timeVisible: !options.daily },
    rightPriceScale: { visible: true, scaleMargins: { top: 0.12, bottom: 0.08 } },
    leftPriceScale: { visible: priced, borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.08 } },
  });
  // Each scale writes its own numbers: a price has no sign.
  const scores = { type: "custom", formatter: (v: number) => signed(v, 2), minMove: 0.01 } as const;
  const right = { priceScaleId: "right", priceLineVisible: false, lastValueVisible: false, priceFormat: scores } as const;
  const value = (time: UTCTimestamp, v: number | null | undefined): { time: UTCTimestamp; value?: number } =>
    v === null || v === undefined ? { time } : { time, value: v };
  const closes = chart.addSeries(LineSeries, {
    priceScaleId: "left",
    lineWidth: 2,
    priceLineVisible: false,
    lastValueVisible: false,
    priceFormat: { type: "custom", formatter: price, minMove: 0.000_001 },
  });
  paint((colours) => closes.applyOptions({ color: colours.ink }));
  await begin(
    closes,
    instants.filter((i) => i.price !== null).map((i) => value(i.time, i.price)),
  );
  await drawn();
  const line = chart.addSeries(LineSeries, { ...right, lineWidth: 2, pointMarkersVisible: instants.length < 90 });
  const raw = options.raw ? chart.addSeries(LineSeries, { ...right, lineWidth: 2, lineStyle: 2 }) : null;
  const zero = line.createPriceLine({ price: 0, lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
  paint((colours) => {
    line.applyOptions({ color: colours.accent });
    raw?.applyOptions({ color: colours.quiet });
    zero.applyOptions({ color: colours.quiet });
  });
  // An instant of a price alone is no gap in the mood; one with too few documents is.
  line.setData(instants.filter((i) => i.at !== undefined).map((i) => value(i.time, i.score)));
  raw?.setData(instants.filter((i) => i.at !== undefined).map((i) => value(i.time, i.raw)));
  chart.timeScale().fitContent();
  await drawn();
  const band = chart.addCustomSeries(new BandView(), { priceScaleId: "right", priceFormat: scores });
  paint((colours) => band.applyOptions({ fill: fade(colours.accent, 0.2) }));
  band.setData(
    instants.map((i) => (i.low === null || i.high === null || i.low === undefined || i.high === undefined ? { time: i.time } : { time: i.time, low: i.low, high: i.high })),
  );
  // The price lies above the mood, and the mood above its interval.
  band.setSeriesOrder(0);
  closes.setSeriesOrder(raw ? 3 : 2);
  await drawn();
  const when = options.daily ? day : moment;
  readout(band, instants.length, (index) => {
    const i = instants[index];
    if (!i) return "";
    const parts = [when(new Date((options.daily ? i.time - (i.at === undefined ? DAY : 0) : i.time) * 1000))];
    if (i.at !== undefined) {
      const interval = i.low === null || i.high === null || i.low === undefined || i.high === undefined ? "" : ` [${signed(i.low, 2)}, ${signed(i.high, 2)}]`;
      parts.push(`${says.mood} ${i.score === null || i.score === undefined ? says.few : signed(i.score, 2)}${interval}`);
      if (options.raw && i.raw !== null && i.raw !== undefined) parts.push(signed(i.raw, 2));
      parts.push(`n = ${number(i.count ?? 0, 0)}`);
    }
    const last = lastPrice(instants, index);
    if (last !== null) parts.push(`${says.price} ${price(last)}`);
    return parts.join("  ");
  });
  return chart;
}

/** The last close known at an instant. */
export function lastPrice(instants: Instant[], index: number): number | null {
  for (let at = index; at >= 0; at -= 1) {
    const known = instants[at]?.price;
    if (known !== null && known !== undefined) return known;
  }
  return null;
}
