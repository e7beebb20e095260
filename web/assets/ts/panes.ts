// Bars with their indicators: the price with what lies over it, and a pane for each oscillator.
import {
  BarSeries,
  CandlestickSeries,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type ISeriesApi,
  type LineData,
  type PriceFormatCustom,
  type SeriesMarker,
  type SeriesType,
  type Time,
} from "lightweight-charts";
import type { Bar, Load } from "./data";
import { begin, drawn, frame, number, price, priceScale, type Frame } from "./frame";
import { lineColour, lineStyle, roomy } from "./lines";
import { fade, palette } from "./palette";
import { tableSwitch } from "./table";

export interface Column {
  name: string;
  pane: string;
  label: string;
  values: (number | null)[];
}

export interface Answer {
  bars: Bar[];
  columns: Column[];
  signals: { time: string; side: "buy" | "sell" }[];
  /** Splits and dividends. */
  actions: { time: string; kind: "split" | "dividend" | "other"; sign: string; says: string }[];
}

/** A drawn chart. */
export interface Panes {
  /** Shows other bars of the same kind. */
  fill(answer: Answer): void;
  /** Shows the time from one day to another. */
  look(from: string, to: string): void;
}

/** Levels between which an oscillator is neither high nor low. */
const LEVELS: Record<string, number[]> = { rsi: [30, 70], stochastic: [20, 80] };

/** How oscillators are written: each value with the digits that it needs. */
const OSCILLATOR: PriceFormatCustom = {
  type: "custom",
  formatter: (value: number) => (Math.abs(value) < 1e-6 ? "0" : price(value)),
  minMove: 0.0001,
};

export async function panes(figure: HTMLElement, box: HTMLElement, source: string, load: Load): Promise<Panes> {
  let answer = await load<Answer>(source);
  const { chart, paint, readout } = await frame(box);
  const prices = priceScale(answer.bars.at(-1)?.close);
  const main = mainSeries(chart, figure.dataset.view ?? "candles", prices);
  const order = [...new Set(answer.columns.map((c) => c.pane))].filter((pane) => pane !== "price");
  const paneOf = (column: Column): number => order.indexOf(column.pane) + 1;
  const volume = figure.dataset.volume
    ? chart.addSeries(HistogramSeries, { priceScaleId: "volume", lastValueVisible: false, priceLineVisible: false })
    : null;
  if (volume) {
    main.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  }
  const columns: { series: ISeriesApi<SeriesType>; place: number }[] = [];
  const addColumns = (pane: string): void => {
    for (const [place, column] of answer.columns.entries()) {
      if (column.pane !== pane) continue;
      // Names stand in the legend: at the edge they would cover the newest bars.
      const over = column.pane === "price";
      const shared = { priceFormat: over ? prices : OSCILLATOR, priceLineVisible: false, lastValueVisible: roomy(box) && !over };
      const series: ISeriesApi<SeriesType> =
        column.name === "macd_histogram"
          ? chart.addSeries(HistogramSeries, { ...shared, lastValueVisible: false }, paneOf(column))
          : chart.addSeries(LineSeries, { ...shared, lineWidth: 2, lineStyle: lineStyle(place), crosshairMarkerVisible: false }, paneOf(column));
      if (column.name === "band_upper" || column.name === "band_lower") series.applyOptions({ lineWidth: 1 });
      columns.push({ series, place });
    }
  };
  // A pane at a time, one task each.
  addColumns("price");
  for (const pane of order) {
    await drawn();
    addColumns(pane);
  }
  const levels = order.flatMap((pane, index) => {
    const first = columns.find(({ place }) => answer.columns[place]?.pane === order[index]);
    return (LEVELS[pane] ?? []).flatMap((level) =>
      first ? [first.series.createPriceLine({ price: level, lineWidth: 1, lineStyle: LineStyle.Dashed, title: "" })] : [],
    );
  });
  chart.panes().forEach((pane, index) => pane.setStretchFactor(index === 0 ? 3 : 1));
  const markers = createSeriesMarkers(main, []);

  const words = { buy: figure.dataset.buy ?? "", sell: figure.dataset.sell ?? "" };
  const paintMain = (): void => main.applyOptions(mainColours(figure.dataset.view ?? "candles", palette()));
  const shape = (): (Bar | LineData)[] =>
    figure.dataset.view === "line" ? answer.bars.map((b) => ({ time: b.time, value: b.close })) : answer.bars;
  const fillMain = (): void => main.setData(shape());
  const fillVolume = (): void => {
    const { up, down } = palette();
    const coloured = (bar: Bar): string => fade(bar.close >= bar.open ? up : down, 0.3);
    volume?.setData(answer.bars.flatMap((bar) => (bar.volume === null ? [] : [{ time: bar.time, value: bar.volume, color: coloured(bar) }])));
  };
  const fillColumns = (pane: string): void => {
    const { up, down } = palette();
    for (const { series, place } of columns) {
      const column = answer.columns[place];
      if (!column || column.pane !== pane) continue;
      series.applyOptions({ color: lineColour(place) });
      series.setData(
        answer.bars.map((bar, at) => {
          const value = column.values[at];
          if (value === null || value === undefined) return { time: bar.time };
          if (column.name !== "macd_histogram") return { time: bar.time, value };
          return { time: bar.time, value, color: fade(value >= 0 ? up : down, 0.5) };
        }),
      );
    }
  };
  const mark = (): void => {
    const colours = palette();
    for (const level of levels) level.applyOptions({ color: colours.quiet });
    // Signals are told apart by place, shape and word, not by colour alone.
    const signs: SeriesMarker<Time>[] = answer.signals.map(({ time, side }) => ({
      time,
      position: side === "buy" ? "belowBar" : "aboveBar",
      shape: side === "buy" ? "arrowUp" : "arrowDown",
      color: side === "buy" ? colours.up : colours.down,
      text: roomy(box) && answer.signals.length <= 24 ? words[side] : "",
    }));
    // Splits are squares, dividends circles, above the bars where signals to sell are arrows.
    const acted: SeriesMarker<Time>[] = answer.actions.map(({ time, kind, sign }) => ({
      time,
      position: "aboveBar",
      shape: kind === "dividend" ? "circle" : "square",
      color: colours.accent,
      text: roomy(box) && answer.actions.length <= 24 ? sign : "",
    }));
    // Days compare as they are written; to ask a language how (localeCompare) takes a slow phone longer than a pane.
    markers.setMarkers([...signs, ...acted].sort((a, b) => Number(a.time > b.time) - Number(a.time < b.time)));
  };
  await drawn();
  // One step, one task.
  const steps = [paintMain, fillVolume, () => fillColumns("price"), ...order.map((pane) => () => fillColumns(pane)), mark];
  await begin(main, shape());
  for (const step of steps) {
    paint(step);
    chart.timeScale().fitContent();
    await drawn();
  }
  const fill = (next: Answer): void => {
    answer = next;
    fillMain();
    for (const step of steps) step();
  };

  const saidOn = (time: string): string =>
    answer.actions
      .filter((action) => action.time === time)
      .map((action) => action.says)
      .join(", ");
  const heads = (figure.dataset.headers ?? "").split("|");
  readout(main, () => answer.bars.length, (index) => {
    const bar = answer.bars[index];
    if (!bar) return "";
    const values = answer.columns.map((c) => `${c.label} ${shown(c.values[index])}`);
    if (!roomy(box)) return `${bar.time}  ${price(bar.close)}`;
    const acted = saidOn(bar.time);
    const prices = `${heads[1]} ${price(bar.open)}  ${heads[2]} ${price(bar.high)}  ${heads[3]} ${price(bar.low)}  ${heads[4]} ${price(bar.close)}`;
    return [`${bar.time}  ${prices}`, ...(acted ? [acted] : []), ...values.slice(0, 4)].join("  ");
  });
  figure.dataset.headers = [...heads, ...answer.columns.map((column) => column.label), figure.dataset.actions ?? ""].join("|");
  tableSwitch(figure, () =>
    answer.bars
      .map((bar, at) => [
        bar.time,
        price(bar.open),
        price(bar.high),
        price(bar.low),
        price(bar.close),
        bar.volume === null ? "–" : number(bar.volume, 0),
        ...answer.columns.map((column) => shown(column.values[at])),
        saidOn(bar.time),
      ])
      .reverse(),
  );
  return { fill, look: (from, to) => chart.timeScale().setVisibleRange({ from, to }) };
}

const shown = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : price(value));

function mainSeries(chart: Frame["chart"], view: string, priceFormat: PriceFormatCustom): ISeriesApi<SeriesType> {
  const shared = { priceFormat, priceLineVisible: false };
  if (view === "line") return chart.addSeries(LineSeries, { ...shared, lineWidth: 2 });
  if (view === "ohlc") return chart.addSeries(BarSeries, { ...shared, thinBars: false });
  return chart.addSeries(CandlestickSeries, shared);
}

function mainColours(view: string, { ink, up, down }: ReturnType<typeof palette>): Record<string, string> {
  if (view === "line") return { color: ink };
  if (view === "ohlc") return { upColor: up, downColor: down };
  return { upColor: up, downColor: down, borderUpColor: up, borderDownColor: down, wickUpColor: up, wickDownColor: down };
}
