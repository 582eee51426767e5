// The campaign against damaged bundles. SIGHTLINE_CORRUPTIONS sets the number of damaged files;
// the full campaign runs 60,000 on each target.

#include <cstdlib>
#include <functional>

#include <catch2/catch.hpp>
#ifdef __EMSCRIPTEN__
#include <emscripten.h>
#endif

#include "tests/native/search/small_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

uint32_t campaign_size() {
#ifdef __EMSCRIPTEN__
  // Node's environment is not that of the module.
  const int count = emscripten_run_script_int("Number(process.env.SIGHTLINE_CORRUPTIONS || 0)");
  return count > 0 ? static_cast<uint32_t>(count) : 3000;
#endif
  const char* text = std::getenv("SIGHTLINE_CORRUPTIONS");
  return text == nullptr ? 3000 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

using Bytes = std::vector<uint8_t>;

void flip_bits(Bytes& bytes, TestRandom& random, int count) {
  for (int i = 0; i < count; ++i) {
    bytes[random.below(static_cast<uint32_t>(bytes.size()))] ^=
        static_cast<uint8_t>(1u << random.below(8));
  }
}

// One of the ways in which files are damaged; other is some other file of the bundle.
Bytes damage(Bytes bytes, const Bytes& other, TestRandom& random) {
  if (bytes.empty()) return {1};
  const auto size = static_cast<uint32_t>(bytes.size());
  switch (random.below(6)) {
    case 0:
      flip_bits(bytes, random, 1);
      break;
    case 1:
      flip_bits(bytes, random, 16);
      break;
    case 2:
      bytes.resize(random.below(size));
      break;
    case 3: {
      const uint32_t start = random.below(size);
      std::fill(bytes.begin() + start, bytes.begin() + std::min(size, start + 4096), uint8_t{0});
      break;
    }
    case 4:
      bytes = other;
      break;
    default: {  // a plausible number in a wrong place: sizes and counts are what kills readers
      const uint32_t values[] = {0,          1,    0x7fffffff,        0x80000000,
                                 0xffffffff, size, random.below(1000)};
      const uint32_t value = values[random.below(7)];
      const uint32_t start = random.below(size);
      std::memcpy(bytes.data() + start, &value, std::min<size_t>(4, size - start));
      break;
    }
  }
  return bytes;
}

// Opens a bundle and searches it; every answer must name images and boxes that exist.
// Returns whether it was accepted.
bool search_is_sane(const SmallBundle& bundle, const std::vector<float>& query) {
  auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref));
  if (!searcher) return false;
  for (const auto& ref : searcher->missing_objects()) {
    const auto found = bundle.files.find(object_name(ref));
    if (found == bundle.files.end()) return false;
    if (!searcher->add_object(ref, found->second)) return false;
  }
  if (searcher->root().model.embedding_dim != query.size()) return false;
  SearchOptions options;
  options.k = 5;
  for (const auto path : {SearchPath::kHnsw, SearchPath::kExact}) {
    options.path = path;
    const auto answer = searcher->search(query, options);
    if (!answer) return false;
    for (const auto& hit : answer->hits) {
      REQUIRE(hit.image < searcher->root().image_count);
      REQUIRE(hit.similarity >= 0.0);
      REQUIRE(hit.similarity <= 1.0);
      const auto place = searcher->find_record(hit.image);
      REQUIRE(place.has_value());
    }
  }
  return true;
}

// The bundle with one payload replaced and every reference made to fit: what a reader sees whose
// hashes do not protect it.
SmallBundle with_payload(const SmallBundle& bundle, const Root& root, size_t which,
                         const std::function<Bytes(Bytes)>& change) {
  SmallBundle changed = bundle;
  Root edited = root;
  const auto replace = [&](ObjectParts& parts) {
    const auto raw = unpack_object(parts[0], bundle.stored(parts[0])).value();
    auto object = pack_object(parts[0].kind, change(raw));
    parts = {object.ref};
    changed.files[object_name(object.ref)] = std::move(object.stored);
  };
  ObjectParts* const payloads[] = {
      &edited.indexes[0].codes, &edited.indexes[0].views,      &edited.indexes[0].graph,
      &edited.indexes[1].graph, &edited.indexes[0].refinement, &edited.columns,
      &edited.image_ids};
  if (which < std::size(payloads)) {
    replace(*payloads[which]);
  } else if (which == std::size(payloads)) {
    edited.indexes[0].code_parameters = change(edited.indexes[0].code_parameters);
  }
  auto raw_root = write_root(edited);
  if (which > std::size(payloads)) raw_root = change(raw_root);
  auto object = pack_object(ObjectKind::kRoot, raw_root);
  changed.root_ref = object.ref;
  changed.files[object_name(object.ref)] = std::move(object.stored);
  return changed;
}

constexpr uint32_t kPayloadKinds = 9;

}  // namespace

TEST_CASE("no damaged file is taken for the right one", "[corrupt][campaign]") {
  const auto bundle = make_small_bundle(1, 30, 16);
  std::vector<ObjectRef> refs = {bundle.root_ref};
  const auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  for (const auto& ref : searcher.missing_objects()) refs.push_back(ref);
  TestRandom random(7);
  const uint32_t count = campaign_size() / 2;
  uint32_t refused = 0;
  uint32_t unchanged = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const auto& ref = refs[random.below(static_cast<uint32_t>(refs.size()))];
    const auto& other = refs[random.below(static_cast<uint32_t>(refs.size()))];
    const auto bytes = damage(bundle.stored(ref), bundle.stored(other), random);
    if (bytes == bundle.stored(ref)) {
      ++unchanged;
      continue;
    }
    const auto raw = unpack_object(ref, bytes);
    REQUIRE_FALSE(raw.has_value());
    REQUIRE(raw.error().message.find(object_name(ref)) == 0);
    ++refused;
  }
  CHECK(refused + unchanged == count);
  CHECK(unchanged < count / 5);
}

TEST_CASE("bytes that no hash protects are refused or give answers within the bundle",
          "[corrupt][campaign]") {
  const auto bundle = make_small_bundle(1, 30, 16);
  const auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  const std::vector<float> query(bundle.whole.begin(), bundle.whole.begin() + 16);
  REQUIRE(search_is_sane(bundle, query));
  const Bytes other = unpack_object(root.image_ids[0], bundle.stored(root.image_ids[0])).value();
  TestRandom random(11);
  const uint32_t count = campaign_size() - campaign_size() / 2;
  uint32_t accepted = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const auto changed = with_payload(bundle, root, random.below(kPayloadKinds), [&](Bytes raw) {
      return damage(std::move(raw), other, random);
    });
    accepted += search_is_sane(changed, query);
  }
  // Changed codes are still codes; changed structure is noticed.
  CHECK(accepted > 0);
  CHECK(accepted < count);
}

TEST_CASE("damaged records, examples and tokenizers never crash their readers",
          "[corrupt][campaign]") {
  const auto bundle = make_small_bundle(1, 30, 16);
  const auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  const Bytes records =
      unpack_object(root.records[0].ref, bundle.stored(root.records[0].ref)).value();
  const Bytes examples = unpack_object(root.examples[0], bundle.stored(root.examples[0])).value();
  TestRandom random(13);
  const uint32_t count = campaign_size() / 3;
  for (uint32_t i = 0; i < count; ++i) {
    const auto read_records = parse_records_piece(damage(records, examples, random));
    if (read_records) CHECK(read_records->size() <= records.size());
    const auto read_examples = parse_examples(damage(examples, records, random), 16);
    if (read_examples) CHECK(read_examples->size() <= examples.size());
  }
}
