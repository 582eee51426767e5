import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaches } from './check_includes.mjs';

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
