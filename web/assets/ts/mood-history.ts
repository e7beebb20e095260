// The mood of an asset beside its price, and the mood of the market.
import type { UTCTimestamp } from "lightweight-charts";
import type { Load, Point } from "./data";
import { number, price, signed } from "./frame";
import { bars, draw, lastPrice, merge, words, type Scored } from "./mood";
import { tableSwitch } from "./table";

interface MoodPoint extends Point {
  raw: number | null;
  noise: number;
}

const scored = (p: MoodPoint): Scored => ({ at: Date.parse(p.at) / 1000, score: p.score, low: p.low, high: p.high, raw: p.raw, count: p.documents });
const shown = (value: number | null): string => (value === null ? "–" : signed(value, 2));

export async function moodChart(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  const { source = "", prices = "", days = "30", noise } = figure.dataset;
  const [{ points }, closes] = await Promise.all([load<{ points: MoodPoint[] }>(source), bars(prices, load)]);
  const instants = merge(points.map(scored), closes);
  const chart = await draw(box, instants, words(figure), { raw: noise === "raw", daily: false });
  const last = instants.at(-1)?.time;
  const from = last === undefined ? undefined : last - Number(days) * 86_400;
  if (last !== undefined && from !== undefined && (instants[0]?.time ?? last) < from) {
    chart.timeScale().setVisibleRange({ from: from as UTCTimestamp, to: last });
  }
  const priced = closes.length > 0;
  if (!priced) figure.dataset.headers = (figure.dataset.headers ?? "").split("|").slice(0, -1).join("|");
  const at = new Map(instants.map((instant, index) => [instant.time as number, index]));
  tableSwitch(figure, () =>
    [...points].reverse().map((p) => {
      const known = lastPrice(instants, at.get(Date.parse(p.at) / 1000) ?? -1);
      const row = [p.at.slice(0, 16).replace("T", " "), shown(p.score), shown(p.low), shown(p.high), shown(p.raw), number(p.documents, 0), number(p.noise, 0)];
      return priced ? [...row, known === null ? "–" : price(known)] : row;
    }),
  );
}
