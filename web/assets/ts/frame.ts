// What all charts have in common: options, keyboard, a read-out of the values under the crosshair.
import {
  createChart,
  TickMarkType,
  type ChartOptions,
  type DeepPartial,
  type IChartApi,
  type ISeriesApi,
  type PriceFormatCustom,
  type SeriesType,
  type Time,
} from "lightweight-charts";
import { clock, month } from "./dates";
import { onLooks, palette, type Palette } from "./palette";

export const lang = document.documentElement.lang;

/** What stands between thousands, what before decimals, and from how many digits on thousands are told apart. */
const [GROUP, POINT, GROUPED] = lang === "es" ? ["\u202f", ",", 5] : [",", ".", 4];

/** A number as the rest of the page writes it. The browser's own writer is not asked: to make the first one takes a slow phone longer than a chart. */
function write(value: number, digits: number, plus: string): string {
  if (!Number.isFinite(value)) return "–";
  const [whole = "", decimals] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.length < GROUPED ? whole : whole.replace(/\B(?=(\d{3})+$)/g, GROUP);
  const text = decimals === undefined ? grouped : `${grouped}${POINT}${decimals}`;
  const sign = /[1-9]/.test(text) ? (value < 0 ? "−" : plus) : "";
  return sign + text;
}
export const number = (value: number, digits: number): string => write(value, digits, "");
export const signed = (value: number, digits: number): string => write(value, digits, "+");
const digits = (value: number): number => (Math.abs(value) >= 10 ? 2 : Math.abs(value) >= 0.1 ? 4 : 6);
export const price = (value: number): string => number(value, digits(value));
/** How prices near this one are written on a scale: all with as many digits. */
export function priceScale(reference: number | undefined): PriceFormatCustom {
  const places = digits(reference ?? 10);
  return { type: "custom", formatter: (value: number) => number(value, places), minMove: 10 ** -places };
}

/** What stands under the time scale; in UTC, as the days of prices are. */
const TICKS: Record<TickMarkType, (at: Date) => string> = {
  [TickMarkType.Year]: (at) => String(at.getUTCFullYear()),
  [TickMarkType.Month]: month,
  [TickMarkType.DayOfMonth]: (at) => String(at.getUTCDate()),
  [TickMarkType.Time]: clock,
  [TickMarkType.TimeWithSeconds]: (at) => at.toISOString().slice(11, 19),
};

/** The instant of a point on the time scale. */
function instant(time: Time): Date {
  if (typeof time === "number") return new Date(time * 1000);
  if (typeof time === "string") return new Date(`${time}T00:00:00Z`);
  return new Date(Date.UTC(time.year, time.month - 1, time.day));
}

/** Waits until what stands there is drawn. A chart is made in steps, so that a slow phone answers its reader between them. */
export const drawn = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/** Gives a chart's first series its points: code that draws for the first time is slow, so it meets a few of them first. */
export async function begin<K extends SeriesType>(series: ISeriesApi<K>, points: Parameters<ISeriesApi<K>["setData"]>[0]): Promise<void> {
  series.setData(points.slice(-8));
  await drawn();
  series.setData(points);
}

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
      tickMarkFormatter: (time: Time, kind: TickMarkType) => TICKS[kind](instant(time)),
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
