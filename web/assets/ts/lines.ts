// Lines of several series: told apart by colour, by dashes and by their name at the right edge.
import { LineStyle } from "lightweight-charts";

/** Colours that are there; further lines repeat them dashed. */
const COLOURS = 6;

/** The colour of the line at this place, as it is now. */
export function lineColour(place: number): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--series-${(place % COLOURS) + 1}`).trim();
}

/** The dashes of the line at this place. */
export function lineStyle(place: number): LineStyle {
  return place < COLOURS ? LineStyle.Solid : LineStyle.Dashed;
}

/** Whether there is room for names beside the prices. */
export const roomy = (box: HTMLElement): boolean => box.clientWidth >= 560;
