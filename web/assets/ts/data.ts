// The shapes of the site's JSON, as far as the charts read it.

export interface Bar {
  time: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number | null;
}

export interface Point {
  at: string;
  score: number | null;
  low: number | null;
  high: number | null;
  documents: number;
}

export interface Horizon {
  target_on: string;
  last_on: string;
  last_close: number;
  q025: number;
  q10: number;
  q50: number;
  q90: number;
  q975: number;
  rw_q10: number;
  rw_q90: number;
}

export interface PriceAnswer {
  bars: Bar[];
}
export interface SentimentAnswer {
  points: Point[];
}
export interface ForecastAnswer {
  closes: { time: string; value: number }[];
  horizons: Horizon[];
}

/** One call of the site's JSON. */
export type Load = <T>(path: string) => Promise<T>;
