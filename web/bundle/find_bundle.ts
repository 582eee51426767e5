import { SightlineError, toSightlineError } from './errors.js';
import { manifestName } from './source.js';
import type { Source } from './source.js';

/** The bundle at the address of a bundle, of a site that holds one, or of a manifest. */
export async function findBundle<S extends Source>(
  address: string,
  makeSource: (bundle: string) => S,
): Promise<S> {
  const suffix = `/${manifestName}`;
  const folder = address.endsWith(suffix) ? address.slice(0, -suffix.length) : address;
  const base = folder.endsWith('/') ? folder : `${folder}/`;
  if (base.endsWith('/bundle/') || address !== folder) return makeSource(base);
  const inside = makeSource(`${base}bundle/`);
  try {
    await inside.get(manifestName);
    return inside;
  } catch (error) {
    if (toSightlineError(error).code !== 'not_found') throw error;
  }
  const itself = makeSource(base);
  try {
    await itself.get(manifestName);
    return itself;
  } catch (error) {
    if (toSightlineError(error).code !== 'not_found') throw error;
    throw new SightlineError(
      'not_found',
      `${address}: no bundle here (no ${manifestName}, no bundle/${manifestName}); is the address right?`,
    );
  }
}
