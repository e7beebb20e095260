// What all charts have in common: options, keyboard, a read-out of the values under the crosshair.
import {
  createChart,
  TickMarkType,
  type ChartOptions,
  type DeepPartial,
  type IChartApi,
  type ISeriesApi,
  type SeriesType,
  type Time,
} from "lightweight-charts";
import { onLooks, palette, type Palette } from "./palette";

export const lang = document.documentElement.lang;

/** Writers of numbers, kept: a scale writes hundreds before a chart is drawn, and making a writer takes longer than writing. */
const writers = new Map<string, Intl.NumberFormat>();
function write(value: number, digits: number, signDisplay: "auto" | "exceptZero"): string {
  const key = `${digits} ${signDisplay}`;
  const known = writers.get(key) ?? new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay });
  writers.set(key, known);
  return known.format(value);
}
export const number = (value: number, digits: number): string => write(value, digits, "auto");
export const signed = (value: number, digits: number): string => write(value, digits, "exceptZero");
export const price = (value: number): string => number(value, Math.abs(value) >= 10 ? 2 : Math.abs(value) >= 0.1 ? 4 : 6);

/** What stands under the time scale; in UTC, as the days of prices are. */
const TICKS = {
  [TickMarkType.Year]: new Intl.DateTimeFormat(lang, { year: "numeric", timeZone: "UTC" }),
  [TickMarkType.Month]: new Intl.DateTimeFormat(lang, { month: "short", timeZone: "UTC" }),
  [TickMarkType.DayOfMonth]: new Intl.DateTimeFormat(lang, { day: "numeric", timeZone: "UTC" }),
  [TickMarkType.Time]: new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }),
  [TickMarkType.TimeWithSeconds]: new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: "UTC" }),
};

/** The instant of a point on the time scale. */
function instant(time: Time): Date {
  if (typeof time === "number") return new Date(time * 1000);
  if (typeof time === "string") return new Date(`${time}T00:00:00Z`);
  return new Date(Date.UTC(time.year, time.month - 1, time.day));
}

/** Waits until what stands there is drawn. A chart is made in steps, so that a slow phone answers its reader between them. */
export const drawn = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

export interface Frame {
  chart: IChartApi;
  /** Colours something now and whenever the looks change. */
  paint(apply: (colours: Palette) => void): void;
  /** Shows what `words` says of the bar under the crosshair, or of the last one. */
  readout(series: ISeriesApi<SeriesType>, count: number | (() => number), words: (index: number) => string): void;
}

/** The colours of a chart without its series. */
function bare(colours: Palette): DeepPartial<ChartOptions> {
  return {
    layout: { background: { color: "transparent" }, textColor: colours.quiet },
    grid: { vertLines: { visible: false }, horzLines: { color: colours.line } },
    crosshair: {
      vertLine: { color: colours.quiet, labelBackgroundColor: colours.ink },
      horzLine: { color: colours.quiet, labelBackgroundColor: colours.ink },
    },
  };
}

/** A drawn chart without series that fills `box`; without a format each series writes its own numbers. */
export async function frame(box: HTMLElement, format?: (value: number) => string): Promise<Frame> {
  const { layout, ...colours } = bare(palette());
  const chart = createChart(box, {
    ...colours,
    autoSize: true,
    layout: { ...layout, attributionLogo: false, fontFamily: "Inter, system-ui, sans-serif", fontSize: 12 },
    localization: format ? { locale: lang, priceFormatter: format } : { locale: lang },
    // As wide as most numbers need: a scale that grows lays all panes out again.
    rightPriceScale: { borderVisible: false, minimumWidth: 68 },
    timeScale: {
      tickMarkFormatter: (time: Time, kind: TickMarkType) => TICKS[kind].format(instant(time)),
      borderVisible: false,
      fixLeftEdge: true,
      fixRightEdge: true,
      lockVisibleTimeRangeOnResize: true,
    },
    // A page that is scrolled must not zoom its charts.
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false, axisPressedMouseMove: { price: false, time: true } },
  });
  onLooks(() => chart.applyOptions(bare(palette())));
  await drawn();
  return {
    chart,
    paint(apply) {
      apply(palette());
      onLooks(() => apply(palette()));
    },
    readout(series, count, words) {
      const element = document.createElement("output");
      element.className = "readout";
      box.append(element);
      // What is drawn may grow later.
      const size = typeof count === "number" ? (): number => count : count;
      let at = size() - 1;
      const show = (): void => {
        element.textContent = words(at);
      };
      chart.subscribeCrosshairMove((event) => {
        at = Math.min(Math.max(Math.round(event.logical ?? size() - 1), 0), size() - 1);
        show();
      });
      box.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1, Home: -size(), End: size() }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        at = Math.min(Math.max(at + step, 0), size() - 1);
        const bar = series.dataByIndex(at);
        if (bar) chart.setCrosshairPosition(Number.NaN, bar.time as Time, series);
        show();
      });
      show();
    },
  };
}
