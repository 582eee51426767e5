import type { BundleSession } from './bundle_session.js';
import { fillRecords, seenAtOnce } from './found_images.js';
import { listed } from './listed_images.js';
import type { Hit, SearchOptions, SearchResult } from '../core/types.js';

interface FirstImagesOptions {
  options: SearchOptions;
  startedAt: number;
  /** What the text stands for. */
  standing: Pick<SearchResult, 'standIn' | 'needsEncoder'>;
}

/**
 * While the index is on its way: shows the images that the bundle found for a banked phrase when it
 * was built, without similarities, which its own answer brings. False where it knows none or the
 * options ask for something else.
 */
export async function showFirstImages(
  sessions: BundleSession[],
  text: string,
  { options, startedAt, standing }: FirstImagesOptions,
  signal: AbortSignal,
  onPartial: (result: SearchResult) => void,
): Promise<boolean> {
  const { k = 20, filter = [], minSimilarity = 0, minRelevance = 0 } = options;
  const [session] = sessions;
  if (!session || sessions.length > 1) return false;
  if (filter.length > 0 || minSimilarity > 0 || minRelevance > 0) return false;
  const show = (hits: Hit[]) =>
    onPartial({
      hits,
      ...standing,
      complete: false,
      found: true,
      eligibleCount: session.root.imageCount,
      timings: { encodeMs: 0, searchMs: 0, totalMs: performance.now() - startedAt },
    });
  // Nobody may be waiting: whatever fails in here, the search itself tells it.
  try {
    if (session.isPaged || session.isReady) return false;
    if (session.core.splitConjunction(text).length !== 1) return false;
    const images = await session.bank.firstImages(text);
    if (!images || signal.aborted) return false;
    // What a later build took from the collection may still be among them.
    const left = images.filter((image) => !session.root.removed.includes(image));
    if (left.length === 0) return false;
    const found = Array.from(left.subarray(0, Math.min(k, seenAtOnce)), (image) =>
      listed(0, image),
    );
    show(await fillRecords(sessions, found, signal, show));
    return true;
  } catch {
    return false;
  }
}
