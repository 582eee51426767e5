// Each mistake: one line that says what and what to do, the right exit code, nothing half-written.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  contentOf,
  copyImages,
  filesBelow,
  json,
  missing,
  modelFolder,
  models,
  program,
  quiet,
  renderDrives,
  run,
  temporaryFolder,
} from '../support/program.mjs';

describe('sightline, given what it cannot use', { skip: missing }, () => {
  const work = temporaryFolder();
  const at = (...parts) => join(work, ...parts);
  const photos = at('photos');
  const bundle = at('bundle');
  const fresh = ['--out', at('new'), '--catalog', at('new-catalog/catalog.sqlite')];

  before(() => {
    copyImages(renderDrives(at('drives'), { seed: 11, count: 4, drives: 1 }), photos);
    const built = run('build', photos, '--out', bundle, '--bundle-only', ...quiet);
    assert.deepEqual(built, { code: 0, signal: null, stdout: '', stderr: '' });
    mkdirSync(at('empty'));
    writeFileSync(at('note.txt'), 'a file');
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  // Runs the program and checks that it refuses in one line and changes no file.
  function refuses(args, code, line) {
    const before = contentOf(work);
    const result = run(...args);
    const shown = `sightline ${args.join(' ')}\n${result.stderr}`;
    assert.equal(result.code, code, shown);
    assert.equal(result.stdout, '', shown);
    assert.match(result.stderr, /^sightline: [^\n]+\n$/, shown);
    const said = result.stderr.slice('sightline: '.length, -1);
    if (line instanceof RegExp) assert.match(said, line);
    else assert.equal(said, line);
    assert.equal(contentOf(work), before, `${shown}changed files`);
    assert.ok(!existsSync(at('new')), `${shown}left its output`);
  }
  const refusesToBuild = (args, code, line) =>
    refuses(['build', photos, ...fresh, '--progress', 'none', ...args], code, line);

  it('a wrong flag, value, command or number of arguments', () => {
    for (const [args, line] of [
      [['build', '--nope'], "there is no option '--nope'; see 'sightline build --help'"],
      [['--nope'], "there is no option '--nope'; see 'sightline --help'"],
      [['frobnicate'], "there is no command 'frobnicate'; see 'sightline --help'"],
      [['models', 'steal'], "there is no command 'steal'; see 'sightline models --help'"],
      [['verify', 'a', 'b'], "one argument too many: 'b'; see 'sightline verify --help'"],
      [['build'], "SOURCE is required; see 'sightline build --help'"],
      [['build', photos], "--out is required; see 'sightline build --help'"],
      [
        ['build', photos, '--out'],
        /^--out: 1 required TEXT missing; see 'sightline build --help'$/,
      ],
      [['build', photos, ...fresh, '--m', '1000'], /^--m: Value 1000 not in range 2 to 128; see/],
      [
        ['build', photos, ...fresh, '--device', 'gpu'],
        /^--device: gpu not in {auto,cpu,cuda}; see/,
      ],
      [
        ['build', photos, ...fresh, '--threads', 'two'],
        /^--threads: Value two not in range 0 to 1024; see/,
      ],
      [
        ['build', photos, ...fresh, '--adapter', 'x'],
        /^--adapter: x not in {kitti-raw,image-folder}/,
      ],
      [
        ['search', bundle],
        /^Exactly 1 option from \[TEXT,--image,--similar,--vectors\] is required; see/,
      ],
      [['search', bundle, 'x', '--similar', 'y'], /is required and 2 were given; see/],
      [['search', bundle, 'x', '--k', '0'], /^--k: Value 0 not in range 1 to 100000; see/],
      [
        ['search', bundle, 'x', '--path', 'walk'],
        /^--path: walk not in {auto,cells,exact,hnsw}; see/,
      ],
      [['search', bundle, 'x', '--path', 'cells'], /^search: this bundle has no cells; expected/],
      [['bench', bundle, '--ef-search', '0'], /^--ef-search: Value 0 not in range 1 to/],
      [['embed'], /^Exactly 1 option from \[--text,--image\] is required; see 'sightline embed/],
    ]) {
      refuses(args, 2, line);
    }
    const bare = run();
    assert.deepEqual([bare.code, bare.stderr], [2, '']);
    assert.match(bare.stdout, /Subcommands:/);
    for (const args of [['--help'], ['build', '--help'], ['--version']]) {
      const asked = run(...args);
      assert.deepEqual([asked.code, asked.stderr], [0, '']);
    }
  });

  it('a source that is missing, a file, empty, or no KITTI folder', () => {
    const build = (source, ...args) => ['build', source, ...fresh, ...quiet, ...args];
    const gone = at('gone');
    refuses(build(gone), 1, `source ${gone}: no such folder; check the path`);
    const note = at('note.txt');
    refuses(build(note), 2, `source ${note}: this is a file, expected a folder of images`);
    refuses(
      build(at('empty')),
      1,
      `no images in ${at('empty')}; looked for .jpg, .jpeg, .png, .bmp and .gif files`,
    );
    refuses(
      build(photos, '--adapter', 'kitti-raw'),
      2,
      /is no KITTI raw folder: .* give the folder/,
    );
  });

  it('two sources with the same image', () => {
    refuses(
      ['build', photos, photos, ...fresh, ...quiet],
      2,
      /^two files have the image_id 'photos\/0000\.jpg': .*; rename one, or give each source its own --dataset$/,
    );
  });

  it('nothing but broken images', () => {
    const broken = at('broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'a.jpg'), 'no');
    const result = run('build', broken, ...fresh, ...quiet);
    assert.equal(result.code, 1);
    assert.match(
      result.stderr,
      /^sightline: no image could be indexed: 1 failed; see \S+errors\.jsonl\n$/,
    );
    assert.ok(!existsSync(at('new')));
    rmSync(broken, { recursive: true });
    rmSync(at('new-catalog'), { recursive: true });
  });

  it('a model that is missing, truncated or of the other kind', () => {
    const clip = modelFolder('streets-clip');
    const detector = modelFolder('streets-detector');
    refusesToBuild(
      ['--model', 'nope'],
      1,
      /^there is no model 'nope'.* give a folder or one of: .*streets-clip/,
    );
    refusesToBuild(
      ['--detector', 'nope'],
      1,
      /^there is no detector 'nope'.* give a folder or one of: .*streets-detector/,
    );
    const gone = at('no-model');
    refusesToBuild(
      ['--model', gone],
      1,
      `there is no model at ${gone}; give a model's folder or name ('sightline models list')`,
    );
    refusesToBuild(
      ['--model', detector],
      5,
      `${detector}: this is a detector, not a CLIP model; pass it with --detector`,
    );
    refusesToBuild(
      ['--detector', clip],
      5,
      `${clip}: this is a CLIP model, not a detector; pass it with --model`,
    );
    refusesToBuild(
      ['--model', at('empty')],
      5,
      /not a whole CLIP model; missing: onnx\/text_model\.onnx .*; export it in/,
    );
    refuses(
      ['detect', '--detector', clip, join(photos, '0000.jpg')],
      5,
      /this is a CLIP model, not a detector/,
    );
    refuses(
      ['embed', '--model', detector, '--text', 'x'],
      5,
      /this is a detector, not a CLIP model/,
    );

    const cut = at('cut-clip');
    cpSync(clip, cut, { recursive: true });
    const network = filesBelow(cut).find((path) => /vision_model[^/]*\.onnx$/.test(path));
    truncateSync(network, 10_000);
    refusesToBuild(
      ['--model', cut],
      5,
      /vision_model\S*\.onnx: the sha256 is [0-9a-f]{64}, model\.json says [0-9a-f]{64}; fetch the model again$/,
    );
    const description = readFileSync(join(cut, 'model.json'), 'utf8');
    writeFileSync(
      join(cut, 'model.json'),
      description.replaceAll(/"sha256": *"[0-9a-f]{64}"/g, '"sha256": ""'),
    );
    const truncated = /\.onnx: the model is truncated or not an ONNX file; fetch it again$/;
    refusesToBuild(['--model', cut], 5, truncated);
    refuses(['models', 'check', cut], 5, truncated);

    const cutDetector = at('cut.onnx');
    const bytes = readFileSync(filesBelow(detector).find((path) => path.endsWith('.onnx')));
    writeFileSync(cutDetector, bytes.subarray(0, bytes.length / 2));
    refusesToBuild(['--detector', cutDetector], 5, truncated);
    rmSync(cut, { recursive: true });
    rmSync(cutDetector);
  });

  it('a bundle that is missing, none, or newer', () => {
    const gone = at('gone');
    for (const command of [
      ['search', gone, 'x'],
      ['verify', gone],
      ['inspect', gone],
      ['bench', gone],
    ]) {
      refuses(
        command,
        1,
        /^cannot open bundle \S+gone: No such file or directory; give the directory that `sightline build --out` wrote, or its address$/,
      );
    }
    refuses(
      ['export', photos, '--out', gone],
      1,
      /found neither bundle\/manifest\.json nor manifest\.json in it; give the/,
    );
    refuses(['search', at('note.txt'), 'x'], 2, /it is a file; give the directory/);
    refuses(
      ['search', 'http://127.0.0.1:9/', 'x'],
      1,
      /^cannot fetch http:\/\/127\.0\.0\.1:9\/.*; check the address and the connection$/,
    );
    refuses(
      ['search', 'ftp://host/', 'x'],
      2,
      /^cannot read ftp:\/\/ addresses, only http:\/\/ and https:\/\/; /,
    );
    refuses(
      ['serve', gone, '--port', '0'],
      1,
      /^cannot serve \S+: No such file or directory; check the path$/,
    );

    const newer = at('newer');
    cpSync(bundle, newer, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(newer, 'manifest.json'), 'utf8'));
    writeFileSync(join(newer, 'manifest.json'), JSON.stringify({ ...manifest, major: 2 }));
    const line =
      'manifest.json: format version 2.1, this program knows version 1; use a newer Sightline';
    for (const command of [
      ['search', newer, 'x'],
      ['verify', newer],
      ['inspect', newer],
      ['bench', newer],
    ]) {
      refuses(command, 1, line);
    }
    refuses(
      ['build', photos, '--out', newer, '--bundle-only', ...fresh.slice(2), ...quiet],
      1,
      `${newer}/${line} or another --out`,
    );

    writeFileSync(join(newer, 'manifest.json'), '{"format": "sightline-bun');
    refuses(
      ['search', newer, 'x'],
      4,
      'manifest.json: this is no Sightline manifest; is the address right?',
    );
    rmSync(newer, { recursive: true });
  });

  it('an output that is a file or holds something else', () => {
    const build = (out) => ['build', photos, '--out', out, ...fresh.slice(2), ...quiet];
    refuses(build(at('note.txt')), 2, `--out ${at('note.txt')}: this is a file, expected a folder`);
    refuses(
      build(photos),
      2,
      `--out ${photos}: the folder is not empty and holds no Sightline site; choose a new one`,
    );
    writeFileSync(at('blank'), '');
    refuses(build(at('blank')), 2, /this is a file, expected a folder$/);
    const exported = run('export', bundle, '--out', join(at('note.txt'), 'x'));
    assert.deepEqual([exported.code, exported.stdout], [1, '']);
    assert.match(
      exported.stderr,
      /^sightline: cannot make the folder [^\n]+: Not a directory[^\n]*\n$/,
    );
  });

  it('an image, a query or a filter that does not fit', () => {
    refuses(
      ['search', bundle, '--similar', 'nope'],
      1,
      "no image 'nope' in this bundle; a search prints the image_id of each hit",
    );
    refuses(
      ['search', bundle, '--image', at('gone.jpg')],
      1,
      `cannot read ${at('gone.jpg')}: No such file or directory; check the path`,
    );
    refuses(
      ['search', bundle, '--image', at('note.txt')],
      1,
      /note\.txt: not an image in a known format; JPEG, PNG, BMP and GIF are read$/,
    );
    const filter = (text) => ['search', bundle, 'x', '--filter', text];
    refuses(
      filter('colour = red'),
      2,
      /^filter: no field 'colour'; this bundle has dataset, sequence, camera, class, /,
    );
    refuses(
      filter('sequence ~ x'),
      2,
      "filter 'sequence ~ x': expected 'field OP value' with OP one of = != >= <= in",
    );
    refuses(
      filter('timestamp_s >= noon'),
      2,
      "filter: 'timestamp_s' is compared with numbers, found 'noon'",
    );
    refuses(
      ['bench', bundle, '--queries', at('gone.txt')],
      1,
      /gone\.txt: No such file or directory; check the path$/,
    );
    refuses(
      ['detect', '--detector', 'streets-detector', at('gone.jpg')],
      1,
      /^cannot read \S+gone\.jpg: No such file/,
    );
  });

  it('a catalog of another program, or none at all', () => {
    const foreign = at('foreign.sqlite');
    const written = spawnSync('/usr/bin/python3', [
      '-c',
      'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("create table t (x)"); c.commit()',
      foreign,
    ]);
    assert.equal(written.status, 0, `${written.stderr}`);
    writeFileSync(at('noise.sqlite'), 'no database'.repeat(500));
    for (const name of ['foreign.sqlite.lock', 'noise.sqlite.lock']) writeFileSync(at(name), '');
    const build = (catalog) => {
      const bytes = readFileSync(catalog);
      const result = run('build', photos, '--out', at('new'), '--catalog', catalog, ...quiet);
      assert.deepEqual(readFileSync(catalog), bytes);
      assert.ok(!existsSync(at('new')));
      assert.match(result.stderr, /^sightline: [^\n]+\n$/);
      return result;
    };
    const other = build(foreign);
    assert.equal(other.code, 1);
    assert.match(
      other.stderr,
      /is a database of another program \(application_id 0x00000000, expected 0x[0-9a-f]{8}\); give another --catalog, or delete it if nothing needs it\n$/,
    );
    const noise = build(at('noise.sqlite'));
    assert.equal(noise.code, 4);
    assert.match(
      noise.stderr,
      /is damaged \(file is not a database\); delete it, everything will be embedded again\n$/,
    );
  });
});
