/** Sightline in Node: the same, and bundles from folders. */

export * from './sightline.js';
export { FileSource } from '../bundle/file_source.js';
