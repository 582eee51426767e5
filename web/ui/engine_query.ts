import { squareAround } from '../encoder/decode_image.js';
import type { SearchEngine, SearchQuery } from '../engine/sightline.js';
import type { BoxXyxyPx, ImageInfo, Thumbnail } from '../core/types.js';
import { fileName, imageName } from './dom.js';
import type { SearchBox } from './search_box.js';
import { strings } from './strings.js';
import type { ThumbnailImages } from './thumbnail_images.js';
import { filterOf } from './view_state.js';
import type { ViewState } from './view_state.js';

/** What the state asks the engine for; an image searched by is shown in the search box. */
export async function engineQuery(
  state: ViewState,
  engine: SearchEngine,
  thumbnails: ThumbnailImages,
  box: SearchBox,
): Promise<SearchQuery> {
  const { text, file, similarTo, region, k, minRelevance, showAll } = state;
  const options = { k, minRelevance, showAll, filter: filterOf(state) };
  if (file) {
    const picture = box.showImage(strings.similarToFile(fileName(file.name)));
    picture.src = URL.createObjectURL(file);
    picture.onload = () => URL.revokeObjectURL(picture.src);
    return { ...options, image: file };
  }
  if (similarTo === null) return text ? { ...options, text } : { ...options, minRelevance: 0 };

  const [image] = await engine.get([similarTo]);
  if (!image) return { ...options, imageId: similarTo };
  const name = imageName(image);
  const label = region ? strings.similarToRegion(name) : strings.similarTo(name);
  void thumbnails.show(box.showImage(label), image);
  if (!image.thumbnail || !region) return { ...options, imageId: similarTo };
  const blob = await thumbnails.blob(image.thumbnail);
  return { ...options, image: blob, boxXyxyPx: scaledBox(image, image.thumbnail, region) };
}

/** The square around a region, in the pixels of the image's thumbnail. */
function scaledBox(image: ImageInfo, thumbnail: Thumbnail, region: BoxXyxyPx): BoxXyxyPx {
  const { widthPx, heightPx } = thumbnail;
  const [x0, y0, x1, y1] = region;
  const xScale = widthPx / image.widthPx;
  const yScale = heightPx / image.heightPx;
  return squareAround([x0 * xScale, y0 * yScale, x1 * xScale, y1 * yScale], widthPx, heightPx);
}
