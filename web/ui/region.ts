import { squareAround } from '../encoder/decode_image.js';
import type { BoxXyxyPx, ImageInfo, Thumbnail } from '../engine/types.js';

/** The square around a region, in the pixels of the image's thumbnail. */
export function scaledBox(image: ImageInfo, thumbnail: Thumbnail, region: BoxXyxyPx): BoxXyxyPx {
  const { widthPx, heightPx } = thumbnail;
  const [x0, y0, x1, y1] = region;
  const xScale = widthPx / image.widthPx;
  const yScale = heightPx / image.heightPx;
  return squareAround([x0 * xScale, y0 * yScale, x1 * xScale, y1 * yScale], widthPx, heightPx);
}
