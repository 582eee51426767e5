/** Sightline in Node: the same, and bundles from folders. */

import { readFile } from 'node:fs/promises';
import { setFileReader } from './asset_files.js';

setFileReader((url) => readFile(url));

export * from './sightline.js';
export { FileSource } from '../bundle/file_source.js';
