// The tone of headlines day by day, from the table on the page, beside the price.
import type { Load } from "./data";
import { bars, draw, merge, words, type Scored } from "./mood";

const value = (text: string | undefined): number | null => (text === undefined || text === "" ? null : Number(text));

/** The days of the table, oldest first; a day is over when the next begins, as for prices. */
function days(figure: HTMLElement): Scored[] {
  const rows = [...figure.querySelectorAll<HTMLTableRowElement>("table[data-days] tr[data-day]")];
  return rows.reverse().map((row) => ({
    at: Date.parse(`${row.dataset.day}T00:00:00Z`) / 1000 + 86_400,
    score: value(row.dataset.tone),
    low: value(row.dataset.low),
    high: value(row.dataset.high),
    raw: null,
    count: Number(row.cells[1]?.textContent?.replace(/\D/g, "") ?? 0),
  }));
}

export async function toneChart(figure: HTMLElement, box: HTMLElement, load: Load): Promise<void> {
  await draw(box, merge(days(figure), await bars(figure.dataset.prices ?? "", load)), words(figure), { raw: false, daily: true });
}
