// Reads every #include and import line and fails on a breach of the architecture:
// who may include whom, one file per third-party library, no input or output in the core, unique file names.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../..');

// Room (the longest prefix wins) → the rooms whose files it may include, besides itself. A room stands after all that
// it may include, so the arrows can form no cycle (`check_includes.test.mjs` holds the table to that).
export const mayInclude = {
  'native/base': [],
  'native/vectors': ['native/base'],
  'native/bundle': ['native/base'],
  'native/clip': ['native/base'],
  'native/search': ['native/base', 'native/vectors', 'native/bundle', 'native/clip'],
  'datasets/streets': ['native/base'],

  'indexer/base': ['native'],
  'indexer/sources': ['native', 'indexer/base'],
  'indexer/media': ['native', 'indexer/base'],
  'indexer/net': ['native', 'indexer/base'],
  'indexer/phrases': ['native', 'indexer/base'],
  'indexer/models': ['native', 'indexer/base', 'indexer/media'],
  'indexer/packing': ['native', 'indexer/base', 'indexer/phrases', 'indexer/models'],
  'indexer/catalog': ['native', 'indexer/base', 'indexer/sources', 'indexer/models'],
  'indexer/embed': ['native', ...indexer('base sources media models catalog')],
  'indexer/bundle': ['native', ...indexer('base net')],
  'indexer/index': ['native', ...indexer('base bundle')],
  'indexer/increments': ['native', ...indexer('base sources catalog embed bundle index')],
  'indexer/assemble': [
    'native',
    ...indexer('base sources phrases models packing catalog embed bundle index increments'),
  ],
  'indexer/query': ['native', ...indexer('base media models bundle')],
  'indexer/commands': [
    'native',
    ...indexer('base sources media net phrases models packing catalog embed bundle index'),
    ...indexer('increments assemble query'),
  ],
  indexer: ['native'], // main and the command line, which may include every room

  wasm: ['native'],
  'web/bundle': [],
  'web/core': ['web/bundle'],
  'web/encoder': ['web/bundle', 'web/core'],
  'web/engine': ['web/bundle', 'web/core', 'web/encoder'],
  'web/offline': [],
  'web/ui': ['web/bundle', 'web/core', 'web/encoder', 'web/engine'],

  tests: ['native', 'indexer', 'wasm', 'datasets'],
};

function indexer(rooms) {
  return rooms.split(' ').map((room) => `indexer/${room}`);
}

// Library → the header that stands for it, and the rooms where exactly one file may include it.
const libraries = {
  zstd: [/^zstd(_errors)?\.h$/, ['native']],
  utf8proc: [/^utf8proc\.h$/, ['native']],
  eigen: [/^Eigen\//, ['indexer']],
  hnswlib: [/^hnswlib\//, ['indexer']],
  'ONNX Runtime': [/^onnxruntime/, ['indexer']],
  'ONNX and protobuf': [/^(onnx|google\/protobuf)\//, ['indexer']],
  SQLite: [/^sqlite3\.h$/, ['indexer']],
  'nlohmann-json': [/^nlohmann\//, ['indexer']],
  CLI11: [/^CLI\//, ['indexer']],
  'libjpeg-turbo': [/^(jpeglib|turbojpeg)\.h$/, ['indexer', 'datasets']],
  libwebp: [/^webp\//, ['indexer']],
  stb_image: [/(^|\/)stb_image\.h$/, ['indexer']],
  stb_image_write: [/(^|\/)stb_image_write\.h$/, ['indexer', 'datasets']],
  stb_image_resize: [/(^|\/)stb_image_resize2?\.h$/, ['indexer']],
  curl: [/^curl\//, ['indexer']],
  'cpp-httplib': [/(^|\/)httplib\.h$/, ['indexer']],
};

const forbiddenInCore =
  /^(fstream|thread|iostream|chrono|filesystem|mutex|future|condition_variable|sys\/.*|unistd\.h)$/;

function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return ['models', 'fixtures', 'cmake'].includes(entry.name) ? [] : filesBelow(path);
    return [path];
  });
}

// The program's rooms are folders of indexer/: a new one must be put into the table.
function isPlaced(path, room) {
  if (room === undefined) return false;
  return room !== 'indexer' || path.split('/').length === 2;
}

// Files of web/ that a TypeScript file imports, now or when it needs them.
function importsOf(path, text) {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/(?:\bfrom |\bimport\()'(\.[^']*)'/g)].map(([, specifier]) => ({
      target: join(dirname(path), specifier),
      line: index + 1,
    })),
  );
}

// Every breach as one sentence. `sources` maps a path in the repository to its text.
export function breaches(sources) {
  const found = [];
  const users = {};
  const byName = {};
  const roomOf = (path) =>
    Object.keys(mayInclude)
      .filter((room) => path.startsWith(`${room}/`))
      .sort((a, b) => b.length - a.length)[0];

  for (const [path, text] of Object.entries(sources)) {
    const room = roomOf(path);
    const isSource = /\.(h|cpp|cu)$/.test(path) || /^web\/.*\.ts$/.test(path);
    if (isSource && !isPlaced(path, room)) found.push(`${path}: is in no room of the architecture`);
    if (
      !/^(CMakeLists\.txt|__init__\.py|index\.\w+|README\.md|package\.json)$/.test(basename(path))
    ) {
      (byName[basename(path)] ??= []).push(path);
    }
    if (room === undefined || !isSource) continue;
    if (path.endsWith('.ts')) {
      for (const { target, line } of importsOf(path, text)) {
        const allowed = [room, ...mayInclude[room]];
        if (!allowed.some((folder) => target.startsWith(`${folder}/`))) {
          found.push(
            `${path}:${line}: ${room} may not import ${target}; it may import ${allowed.join(', ')}`,
          );
        }
      }
      continue;
    }

    text.split('\n').forEach((line, index) => {
      const include = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
      if (!include) return;
      const at = `${path}:${index + 1}`;
      const [, quote, target] = include;
      if (quote === '"') {
        const allowed = [room, ...mayInclude[room]];
        if (!allowed.some((folder) => target.startsWith(`${folder}/`))) {
          found.push(
            `${at}: ${room} may not include ${target}; it may include ${allowed.join(', ')}`,
          );
        }
      } else if (room.startsWith('native') && forbiddenInCore.test(target)) {
        found.push(`${at}: the core may not include <${target}>: bytes in, values out`);
      }
      if (room === 'tests') return;
      for (const [library, [header, rooms]] of Object.entries(libraries)) {
        if (!header.test(target)) continue;
        const top = path.split('/')[0];
        if (!rooms.includes(top)) found.push(`${at}: ${library} belongs to ${rooms.join(', ')}`);
        ((users[library] ??= {})[top] ??= new Set()).add(path);
      }
    });
  }

  for (const [library, tops] of Object.entries(users)) {
    for (const paths of Object.values(tops)) {
      if (paths.size > 1)
        found.push(`${library}: included by ${[...paths].join(' and ')}; one file may`);
      for (const path of paths)
        if (path.endsWith('.h')) found.push(`${path}: ${library} must stay in a .cpp`);
    }
  }
  for (const [name, paths] of Object.entries(byName)) {
    if (paths.length > 1) found.push(`${name}: the name is used by ${paths.join(' and ')}`);
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const paths = ['native', 'indexer', 'wasm', 'datasets', 'tests', 'web']
    .flatMap((folder) => {
      try {
        return filesBelow(folder);
      } catch {
        return [];
      }
    })
    .filter((path) => /\.(h|cpp|cu|ts|mjs|py)$/.test(path));
  const found = breaches(
    Object.fromEntries(
      paths.map((path) => [relative('.', path), readFileSync(join(root, path), 'utf8')]),
    ),
  );
  for (const sentence of found) console.error(sentence);
  console.log(`include check: ${paths.length} files, ${found.length} breaches`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
