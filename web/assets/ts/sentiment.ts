// The score slot by slot, with its interval.
import { LineSeries, type UTCTimestamp } from "lightweight-charts";
import { BandView } from "./band";
import type { Load, Point, SentimentAnswer } from "./data";
import { localMoment } from "./dates";
import { begin, drawn, frame, number, signed } from "./frame";
import { fade } from "./palette";
import { tableSwitch } from "./table";

const time = (point: Point): UTCTimestamp => (Date.parse(point.at) / 1000) as UTCTimestamp;

export async function sentimentChart(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  const { points } = await load<SentimentAnswer>(figure.dataset.source ?? "");
  const { chart, paint, readout } = await frame(box, (value) => signed(value, 2));
  chart.applyOptions({ timeScale: { timeVisible: true } });
  const line = chart.addSeries(LineSeries, { lineWidth: 2, priceLineVisible: false, pointMarkersVisible: points.length < 90 });
  const zero = line.createPriceLine({ price: 0, lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
  paint((colours) => {
    line.applyOptions({ color: colours.accent });
    zero.applyOptions({ color: colours.quiet });
  });
  // A slot with too few documents is a gap, not a zero.
  await begin(
    line,
    points.map((p) => (p.score === null ? { time: time(p) } : { time: time(p), value: p.score })),
  );
  chart.timeScale().fitContent();
  await drawn();
  const band = chart.addCustomSeries(new BandView(), {});
  paint((colours) => band.applyOptions({ fill: fade(colours.accent, 0.2) }));
  band.setData(
    points.map((p) => (p.low === null || p.high === null ? { time: time(p) } : { time: time(p), low: p.low, high: p.high })),
  );
  line.setSeriesOrder(1);
  await drawn();
  const shown = (value: number | null): string => (value === null ? "–" : signed(value, 2));
  readout(line, points.length, (index) => {
    const p = points[index];
    if (!p) return "";
    return `${localMoment(new Date(p.at))}  ${shown(p.score)}  [${shown(p.low)}, ${shown(p.high)}]  n = ${number(p.documents, 0)}`;
  });
  tableSwitch(figure, () =>
    [...points].reverse().map((p) => [p.at.slice(0, 16).replace("T", " "), shown(p.score), shown(p.low), shown(p.high), number(p.documents, 0)]),
  );
}
