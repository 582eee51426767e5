import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaches, mayInclude } from './check_includes.mjs';

test('a tree that keeps the direction has no breach', () => {
  assert.deepEqual(
    breaches({
      'native/base/a.h': '#include <vector>\n',
      'native/search/b.cpp': '#include "native/vectors/c.h"\n',
      'indexer/d.cpp': '#include <sqlite3.h>\n#include "native/base/a.h"\n',
    }),
    [],
  );
});

test('the middle rooms may not include one another', () => {
  const [breach] = breaches({ 'native/clip/a.cpp': '#include "native/vectors/b.h"\n' });
  assert.match(
    breach,
    /native\/clip\/a\.cpp:1: native\/clip may not include native\/vectors\/b\.h/,
  );
});

test('the rooms of the program have a direction too', () => {
  const up = breaches({ 'indexer/models/a.h': '#include "indexer/packing/b.h"\n' });
  assert.match(up[0], /indexer\/models\/a\.h:1: indexer\/models may not include indexer\/packing/);
  assert.deepEqual(breaches({ 'indexer/packing/a.h': '#include "indexer/models/b.h"\n' }), []);
  assert.match(breaches({ 'indexer/attic/a.h': '' })[0], /is in no room/);
});

test('the rooms of the page have one', () => {
  const up = breaches({ 'web/core/a.ts': "import { b } from '../engine/b.js';\n" });
  assert.match(up[0], /web\/core\/a\.ts:1: web\/core may not import web\/engine\/b\.js/);
  const late = breaches({ 'web/encoder/a.ts': "const b = await import('../ui/b.js');\n" });
  assert.match(late[0], /web\/encoder may not import web\/ui\/b\.js/);
  assert.deepEqual(breaches({ 'web/ui/a.ts': "import { b } from '../core/b.js';\n" }), []);
});

test('no room may include one that may include it, by whatever way round', () => {
  const inner = Object.keys(mayInclude).filter((room) => room.includes('/'));
  for (const [position, room] of inner.entries()) {
    const later = inner.slice(position + 1);
    const arrowsUp = mayInclude[room].filter((folder) => later.includes(folder));
    assert.deepEqual(arrowsUp, [], `${room} may include rooms that stand behind it`);
  }
});

test('a library belongs to one file and never to a header', () => {
  const two = breaches({
    'indexer/a.cpp': '#include <nlohmann/json.hpp>\n',
    'indexer/b.cpp': '#include <nlohmann/json_fwd.hpp>\n',
  });
  assert.match(two.join(), /nlohmann-json: included by indexer\/a\.cpp and indexer\/b\.cpp/);
  assert.match(
    breaches({ 'native/bundle/z.h': '#include <zstd.h>\n' }).join(),
    /must stay in a \.cpp/,
  );
});

test('the core reads no files, clocks or threads', () => {
  assert.match(
    breaches({ 'native/base/a.cpp': '#include <chrono>\n' }).join(),
    /bytes in, values out/,
  );
});

test('a file name is used once', () => {
  assert.match(
    breaches({ 'native/base/a.h': '', 'indexer/a.h': '' }).join(),
    /a\.h: the name is used by/,
  );
});
