import type { LoadingPart } from '../core/types.js';

/** Every word of the page, in one place. */

const number = new Intl.NumberFormat('en');

export function count(value: number, one: string, many: string): string {
  return `${number.format(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${Math.round(value / 1e3)} kB`;
  return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB`;
}

export function similarity(value: number): string {
  return value.toFixed(3);
}

export function percent(value: number): string {
  return `${Math.round(value * 100)} %`;
}

export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

export function time(timestampS: number): string {
  const date = new Date(timestampS * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace('T', ' ').slice(0, 23);
}

const loadingParts: Record<LoadingPart, string> = {
  index: 'Loading the index, to search without a server',
  runtime: 'Loading the model runtime, needed once to read a query',
  text_model: 'Loading the text model, needed once to read what you type',
  vision_model: 'Loading the image model, needed once to read a picture',
  download: 'Keeping everything for use without network',
};

const facetTitles: Record<string, string> = {
  dataset: 'Dataset',
  sequence: 'Sequence',
  camera: 'Camera',
  class: 'Objects',
  timestamp_s: 'Time (UTC)',
  latitude_deg: 'Latitude (°)',
  longitude_deg: 'Longitude (°)',
  width_px: 'Width (px)',
  height_px: 'Height (px)',
};

export const strings = {
  appName: 'Sightline',
  opening: 'Opening…',
  search: 'Search',
  searchPlaceholder: 'What are you looking for?',
  noTexts: 'Open an image to find others like it',
  searchLabel: 'Search the images by a description',
  clear: 'Clear the search',
  suggestions: 'Phrases to search for',
  standInMeanwhile: ['Showing results for ', ' while the text model loads.'],
  standInOnly: ['Showing results for ', ', the nearest phrase that needs no text model.'],
  notBanked: ['No phrase that needs no text model is near to ', '.'],
  wordless: [
    'This collection cannot be asked in words: it has no text model. In place of ',
    ' here is a look around; filter it, or open an image to find others like it.',
  ],
  loadTextModel: (size: number) => `Load the text model (${bytes(size)})`,
  chooseImage: 'Search by an image file',
  dropHere: 'Drop the image to find others like it',
  examples: 'Try',
  skipToResults: 'Skip to the results',
  privacy: 'Searched on this device. Nothing you type or drop leaves it.',
  warningTitle: 'Good to know',

  results: 'Results',
  browsing: 'A look around',
  browseStatus: (shown: number, total: number) =>
    `${number.format(shown)} of ${count(total, 'image', 'images')}`,
  resultStatus: (shown: number, total: number, ms: number) =>
    `${number.format(shown)} best of ${count(total, 'image', 'images')}, found in ${milliseconds(ms)}`,
  searching: 'Searching…',
  similarityTitle: 'Similarity, from 0 to 1',
  relevanceTitle: (value: number) =>
    `Relevance; 100 % is as near as the best of this collection (similarity ${similarity(value)})`,
  similarTo: (name: string) => `Like ${name}`,
  similarToRegion: (name: string) => `Like a part of ${name}`,
  similarToFile: (name: string) => `Like ${name || 'your image'}`,
  findSimilar: 'Find similar',
  findSimilarLabel: (name: string) => `Find images similar to ${name}`,
  findRegion: (name: string) => `Find images similar to this ${name}`,
  matched: (name: string) => `matched ${name}`,

  filters: 'Filters',
  filtersActive: (active: number) => `Filters (${active})`,
  clearFilters: 'Clear all',
  facetTitle: (field: string) => facetTitles[field] ?? field.replaceAll('_', ' '),
  from: 'From',
  to: 'To',
  clearRange: (title: string) => `Any ${title}`,
  unnamedValue: 'none',
  showAll: (total: number) => `Show all ${number.format(total)}`,
  showFewer: 'Show fewer',
  hideBoxesOf: (name: string) => `Boxes of ${name}`,

  boxes: 'Boxes',
  boxesHint: 'Detected objects drawn over the images (key b)',
  howMany: 'Show',
  atLeast: 'Relevance from',
  theme: { auto: 'Theme: automatic', light: 'Theme: light', dark: 'Theme: dark' },

  close: 'Close',
  previous: 'Previous result',
  next: 'Next result',
  original: 'Open the original',
  details: 'About this image',
  detected: 'Detected',
  confidenceTitle: 'Confidence of the detector',
  filmstrip: 'Before and after',
  notPublished: 'The original is not published with this bundle.',
  fields: {
    relevance: 'Relevance',
    similarity: 'Similarity',
    matched: 'Matched part',
    dataset: 'Dataset',
    sequence: 'Sequence',
    camera: 'Camera',
    time: 'Time (UTC)',
    place: 'Place',
    size: 'Size',
    path: 'File',
    licence: 'Licence',
  },
  viewKinds: { whole: 'the whole image', tile: 'a part of the image', crop: 'a detected object' },

  nothingFound: 'Nothing found',
  nothingHint: 'No image passes the filters and the relevance chosen.',
  relax: 'Clear filters and relevance',
  nothingFits: (text: string) => `Nothing in this collection fits “${text}”.`,
  searchInstead: 'Search instead for',
  showAllAnyway: 'Show the nearest images anyway',
  errorTitle: 'That did not work',
  retry: 'Try again',
  reload: 'Reload the page',
  offline: 'No network. What was loaded before still works.',
  noEncoder:
    'This bundle carries no text model, so only its example queries and searches by image work.',

  loading: (part: LoadingPart, loaded: number, total: number) =>
    `${loadingParts[part]}: ${bytes(loaded)}${total > loaded ? ` of ${bytes(total)}` : ''}`,
  keepOffline: (size: string) => `Keep for offline use (${size})`,
  moreThan: (size: string) => `more than ${size}`,
  keptOffline: (size: number) => `Kept for offline use (${bytes(size)})`,
  removeOffline: 'Remove',
  stopDownload: 'Stop',
  poweredBy: (images: number, model: string) =>
    `${count(images, 'image', 'images')} · model ${model}`,
};

/** What a person can do about an error, by its code. */
export const remedies: Record<string, string> = {
  network: 'Check the connection and try again.',
  offline: 'There is no network. What was loaded before still works.',
  corrupt: 'A file arrived damaged or is out of date. Reload; if it stays, publish it again.',
  not_found: 'A file of this site is missing. Was all of it published?',
  unsupported: 'Use a newer browser, or reload to get the newest page.',
  invalid_argument: 'Change the query or clear the filters.',
  model: 'This browser could not run the model. Reload, or try a newer browser.',
  no_encoder: strings.noEncoder,
  too_large: 'Try something smaller or free some space.',
  busy: 'Look at your other tabs.',
  other: 'Reload the page.',
};
