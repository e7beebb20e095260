// What all charts have in common: options, keyboard, a read-out of the values under the crosshair.
import { createChart, type IChartApi, type ISeriesApi, type SeriesType, type Time } from "lightweight-charts";
import { onLooks, palette, type Palette } from "./palette";

export const lang = document.documentElement.lang;
export const number = (value: number, digits: number): string =>
  new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
export const signed = (value: number, digits: number): string =>
  new Intl.NumberFormat(lang, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "exceptZero",
  }).format(value);
export const price = (value: number): string => number(value, Math.abs(value) >= 10 ? 2 : Math.abs(value) >= 0.1 ? 4 : 6);

export interface Frame {
  chart: IChartApi;
  /** Colours everything now and whenever the looks change. */
  paint(apply: (colours: Palette) => void): void;
  /** Shows what `words` says of the bar under the crosshair, or of the last one. */
  readout(series: ISeriesApi<SeriesType>, count: number | (() => number), words: (index: number) => string): void;
}

/** A chart that fills `box`; without a format each series writes its own numbers. */
export function frame(box: HTMLElement, format?: (value: number) => string): Frame {
  const chart = createChart(box, {
    autoSize: true,
    layout: { attributionLogo: false, fontFamily: "Inter, system-ui, sans-serif", fontSize: 12 },
    localization: format ? { locale: lang, priceFormatter: format } : { locale: lang },
    rightPriceScale: { borderVisible: false },
    timeScale: { borderVisible: false, fixLeftEdge: true, fixRightEdge: true, lockVisibleTimeRangeOnResize: true },
    // A page that is scrolled must not zoom its charts.
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false, axisPressedMouseMove: { price: false, time: true } },
  });
  return {
    chart,
    paint(apply) {
      const all = (): void => {
        const colours = palette();
        chart.applyOptions({
          layout: { background: { color: "transparent" }, textColor: colours.quiet },
          grid: { vertLines: { visible: false }, horzLines: { color: colours.line } },
          crosshair: {
            vertLine: { color: colours.quiet, labelBackgroundColor: colours.ink },
            horzLine: { color: colours.quiet, labelBackgroundColor: colours.ink },
          },
        });
        apply(colours);
      };
      all();
      onLooks(all);
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
