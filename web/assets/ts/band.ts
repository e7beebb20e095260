// A series that draws intervals: filled bands between pairs of lines.
import {
  customSeriesDefaultOptions,
  type CustomData,
  type CustomSeriesOptions,
  type CustomSeriesPricePlotValues,
  type CustomSeriesWhitespaceData,
  type ICustomSeriesPaneRenderer,
  type ICustomSeriesPaneView,
  type PaneRendererCustomData,
  type PriceToCoordinateConverter,
  type Time,
} from "lightweight-charts";

export interface BandPoint extends CustomData<Time> {
  low: number;
  high: number;
}

export interface BandOptions extends CustomSeriesOptions {
  fill: string;
}

type Target = Parameters<ICustomSeriesPaneRenderer["draw"]>[0];

class BandRenderer implements ICustomSeriesPaneRenderer {
  #data: PaneRendererCustomData<Time, BandPoint> | null = null;
  #fill = "";

  update(data: PaneRendererCustomData<Time, BandPoint>, fill: string): void {
    this.#data = data;
    this.#fill = fill;
  }

  draw(target: Target, toY: PriceToCoordinateConverter): void {
    const data = this.#data;
    if (!data?.visibleRange) return;
    const bars = data.bars.slice(data.visibleRange.from, data.visibleRange.to);
    target.useBitmapCoordinateSpace((scope) => {
      const { context, horizontalPixelRatio: rx, verticalPixelRatio: ry } = scope;
      context.fillStyle = this.#fill;
      context.beginPath();
      let started = false;
      for (const bar of bars) {
        const y = toY(bar.originalData.high);
        if (y === null) continue;
        if (started) context.lineTo(bar.x * rx, y * ry);
        else context.moveTo(bar.x * rx, y * ry);
        started = true;
      }
      for (const bar of [...bars].reverse()) {
        const y = toY(bar.originalData.low);
        if (y !== null) context.lineTo(bar.x * rx, y * ry);
      }
      context.closePath();
      context.fill();
    });
  }
}

/** Draws the area between `low` and `high`. */
export class BandView implements ICustomSeriesPaneView<Time, BandPoint, BandOptions> {
  #renderer = new BandRenderer();

  renderer(): ICustomSeriesPaneRenderer {
    return this.#renderer;
  }

  update(data: PaneRendererCustomData<Time, BandPoint>, options: BandOptions): void {
    this.#renderer.update(data, options.fill);
  }

  priceValueBuilder(point: BandPoint): CustomSeriesPricePlotValues {
    return [point.low, point.high, (point.low + point.high) / 2];
  }

  isWhitespace(point: BandPoint | CustomSeriesWhitespaceData<Time>): point is CustomSeriesWhitespaceData<Time> {
    return (point as Partial<BandPoint>).low === undefined;
  }

  defaultOptions(): BandOptions {
    return { ...customSeriesDefaultOptions, fill: "#8888", lastValueVisible: false, priceLineVisible: false };
  }
}
