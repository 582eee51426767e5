#include "native/search/paged_index.h"

#include <catch2/catch.hpp>

#include "native/search/running_search.h"
#include "tests/native/search/paged_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

struct Settled {
  std::vector<Hit> hits;
  uint32_t rounds = 0;  // of fetches
};

Searcher open_paged(const SmallBundle& bundle) {
  return Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
}

Settled settle(const SmallBundle& bundle, Searcher& searcher, std::span<const float> query,
               const SearchOptions& options) {
  Settled settled;
  auto search = RunningSearch::begin(searcher, query, options).value();
  while (true) {
    const auto answer = search.step(options.stage).value();
    if (answer.missing.empty()) {
      settled.hits = answer.hits;
      return settled;
    }
    ++settled.rounds;
    REQUIRE(settled.rounds < 4);
    for (const auto& ref : answer.missing) {
      REQUIRE(searcher.add_object(ref, bundle.stored(ref)).has_value());
    }
  }
}

std::span<const float> row(const SmallBundle& bundle, uint32_t number, uint32_t dim = 16) {
  return std::span(bundle.whole).subspan(number * dim, dim);
}

// The true nearest rows by the float inner product.
std::vector<uint32_t> nearest_rows(const SmallBundle& bundle, std::span<const float> query,
                                   size_t k) {
  BasicTopK<float> best(k);
  const size_t dim = query.size();
  for (uint32_t r = 0; r < bundle.whole.size() / dim; ++r) {
    best.offer(-dot_f32(query.data(), bundle.whole.data() + r * dim, dim), r);
  }
  std::vector<uint32_t> rows;
  for (const auto& neighbor : best.take_sorted()) rows.push_back(neighbor.ordinal);
  return rows;
}

}  // namespace

TEST_CASE("a paged index finds the nearest rows in two rounds of fetches", "[paged]") {
  const auto bundle = make_paged_bundle();
  auto searcher = open_paged(bundle);
  CHECK(searcher.is_paged());
  CHECK(searcher.ready());
  SearchOptions options;
  options.k = 10;
  const auto first = settle(bundle, searcher, row(bundle, 33), options);
  CHECK(first.rounds == 2);
  CHECK(first.hits[0].image == 33);
  CHECK(first.hits[0].similarity == Approx(1).margin(0.02));
  CHECK(first.hits[0].view.box == PixelBox{0, 0, 640, 480});
  uint32_t found = 0;
  for (uint32_t number = 0; number < 300; number += 10) {
    const auto hits = settle(bundle, searcher, row(bundle, number), options).hits;
    REQUIRE(hits.size() == 10);
    for (const uint32_t expected : nearest_rows(bundle, row(bundle, number), 10)) {
      found += std::any_of(hits.begin(), hits.end(),
                           [&](const Hit& hit) { return hit.image == expected; });
    }
  }
  CHECK(found >= 285);
}

TEST_CASE("the first answer of a paged index refines fewer rows than the settled one", "[paged]") {
  const auto bundle = make_paged_bundle();
  const auto pieces_asked = [&](bool is_first) {
    auto searcher = open_paged(bundle);
    SearchOptions options;
    options.k = 5;
    options.stage = is_first ? Stage::kFirst : Stage::kSettled;
    size_t pieces = 0;
    while (true) {
      const auto answer = searcher.search(row(bundle, 7), options).value();
      if (answer.missing.empty()) return pieces;
      for (const auto& ref : answer.missing) {
        pieces += ref.kind == ObjectKind::kPiece;
        CHECK_FALSE((is_first && ref.kind == ObjectKind::kTransform));
        REQUIRE(searcher.add_object(ref, bundle.stored(ref)).has_value());
      }
    }
  };
  CHECK(pieces_asked(true) < pieces_asked(false));
}

TEST_CASE("filters of a paged index fetch the columns and are held inside the search", "[paged]") {
  const auto bundle = make_paged_bundle();
  auto searcher = open_paged(bundle);
  CHECK(searcher.columns().empty());
  SearchOptions options;
  options.k = 20;
  options.filters = {parse_filter("parity = odd").value()};
  const auto hits = settle(bundle, searcher, row(bundle, 4), options).hits;
  REQUIRE(hits.size() == 20);
  for (const auto& hit : hits) CHECK(hit.image % 2 == 1);
}

TEST_CASE("records, ids and embeddings of a paged bundle are asked for when they are needed",
          "[paged]") {
  const auto bundle = make_paged_bundle();
  auto searcher = open_paged(bundle);
  const auto add = [&](const std::vector<ObjectRef>& refs) {
    for (const auto& ref : refs) {
      REQUIRE(searcher.add_object(ref, bundle.stored(ref)).has_value());
    }
    return refs.size();
  };
  CHECK_FALSE(searcher.find_record(123).has_value());
  CHECK(add(searcher.missing_for_record(123).value()) == 1);
  const auto place = searcher.find_record(123).value();
  const auto payload = unpack_object(place.piece, bundle.stored(place.piece)).value();
  CHECK(parse_piece_records(payload).value()[place.position] == paged_record(123));
  CHECK(add(searcher.missing_objects(Need::kImageIds)) == 1);
  CHECK(searcher.image_ids().find("row 123") == std::vector<uint32_t>{123});
  while (add(searcher.missing_for_embedding(123).value()) > 0) {
  }
  const auto embedding = searcher.image_embedding(123).value();
  CHECK(dot_f32(embedding.data(), row(bundle, 123).data(), 16) == Approx(1).margin(0.02));
  CHECK_FALSE(searcher.missing_for_record(300).has_value());
}

TEST_CASE("cells and pieces in memory never hold more than the limit", "[paged][memory]") {
  const auto bundle = make_paged_bundle(600, 16, 20);
  auto searcher = open_paged(bundle);
  constexpr uint64_t kLimit = 20'000;
  searcher.paged()->cache().set_limit(kLimit);
  SearchOptions options;
  options.k = 5;
  options.effort.probe_cells = 2;
  options.effort.refine_rows = 5;
  uint64_t fetched = 0;
  for (uint32_t number = 0; number < 600; number += 3) {
    auto search = RunningSearch::begin(searcher, row(bundle, number), options).value();
    for (auto answer = search.step(Stage::kSettled).value(); !answer.missing.empty();
         answer = search.step(Stage::kSettled).value()) {
      for (const auto& ref : answer.missing) {
        REQUIRE(searcher.add_object(ref, bundle.stored(ref)).has_value());
        REQUIRE(searcher.resident_bytes() <= kLimit);
        fetched += ref.raw_bytes;
      }
    }
  }
  CHECK(fetched > 5 * kLimit);
}

TEST_CASE("a search holds what it works with, however little memory there is", "[paged][memory]") {
  const auto bundle = make_paged_bundle(600, 16, 20);
  auto searcher = open_paged(bundle);
  searcher.paged()->cache().set_limit(1);
  SearchOptions options;
  options.k = 5;
  options.effort.probe_cells = 3;
  // Two searches that go on at a time do not take each other's cells away.
  auto one = RunningSearch::begin(searcher, row(bundle, 7), options).value();
  auto other = RunningSearch::begin(searcher, row(bundle, 400), options).value();
  for (uint32_t round = 0; round < 3; ++round) {
    for (auto* search : {&one, &other}) {
      const auto answer = search->step(Stage::kSettled).value();
      if (round == 2) CHECK(answer.missing.empty());
      for (const auto& ref : answer.missing) {
        REQUIRE(searcher.add_object(ref, bundle.stored(ref)).has_value());
      }
    }
  }
  auto roomy = open_paged(bundle);
  CHECK(one.step(Stage::kSettled).value().hits ==
        settle(bundle, roomy, row(bundle, 7), options).hits);
  CHECK(other.step(Stage::kSettled).value().hits ==
        settle(bundle, roomy, row(bundle, 400), options).hits);
}

TEST_CASE("what was asked before changes no answer, by any path", "[paged]") {
  const auto bundle = make_paged_bundle(600, 16, 20, true);
  for (const auto path :
       {SearchPath::kAuto, SearchPath::kCells, SearchPath::kHnsw, SearchPath::kExact}) {
    if (path == SearchPath::kHnsw && !kSearchesGraphs) continue;
    auto open_long = open_paged(bundle);
    for (uint32_t number = 0; number < 240; ++number) {
      SearchOptions options;
      options.k = 10;
      options.path = path;
      options.kind = number % 2 == 0 ? QueryKind::kText : QueryKind::kImage;
      options.stage = number % 3 == 0 ? Stage::kFirst : Stage::kSettled;
      if (path != SearchPath::kExact) options.effort = {3, 15};
      const bool is_filtered = number % 5 == 0 && path != SearchPath::kHnsw;
      if (is_filtered) {
        options.filters = {parse_filter(number % 2 ? "mark = rare" : "parity = odd").value()};
        options.effort.probe_cells = 0;
      }
      const auto query = row(bundle, number * 2);
      auto fresh = open_paged(bundle);
      REQUIRE(settle(bundle, open_long, query, options).hits ==
              settle(bundle, fresh, query, options).hits);
    }
  }
}

TEST_CASE("an image near two phrases is measured by both, not by the last one found", "[paged]") {
  const auto bundle = make_paged_bundle();
  auto searcher = open_paged(bundle);
  std::vector<float> both(row(bundle, 3).begin(), row(bundle, 3).end());
  both.insert(both.end(), row(bundle, 150).begin(), row(bundle, 150).end());
  SearchOptions options;
  options.k = 300;
  const auto hits = settle(bundle, searcher, both, options).hits;
  REQUIRE(hits.size() == 300);
  for (const auto& hit : hits) {
    const auto found = row(bundle, hit.image);
    const double mean =
        (dot_f32(both.data(), found.data(), 16) + dot_f32(both.data() + 16, found.data(), 16)) / 2;
    REQUIRE(hit.similarity == Approx(std::clamp(mean, 0.0, 1.0)).margin(0.03));
  }
}

TEST_CASE("all cells in memory are searched where that is asked for, but only the best few",
          "[paged]") {
  const auto bundle = make_paged_bundle(600, 16, 20);
  auto searcher = open_paged(bundle);
  SearchOptions options;
  options.k = 600;
  options.effort.refine_rows = 600;
  CHECK(settle(bundle, searcher, row(bundle, 5), options).hits.size() == 600);
  options.effort.probe_cells = 1;
  CHECK(settle(bundle, searcher, row(bundle, 5), options).hits.size() == 20);
  searcher.paged()->search_resident_cells();
  CHECK(settle(bundle, searcher, row(bundle, 5), options).hits.size() == 20 * 20);
  options.path = SearchPath::kCells;
  CHECK(settle(bundle, searcher, row(bundle, 5), options).hits.size() == 20);
}

TEST_CASE("damaged cells and pieces are refused or leave every answer in range",
          "[paged][corrupt]") {
  const auto bundle = make_paged_bundle(120, 16, 40);
  const auto whole = open_paged(bundle);
  const auto& directory = whole.root().indexes[0].cells;
  TestRandom random(11);
  uint32_t refused = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const bool damages_cell = random.below(2) == 0;
    const auto& cell_ref = directory.cells[random.below(3)];
    auto payload = unpack_object(cell_ref, bundle.stored(cell_ref)).value();
    if (!damages_cell) {
      const auto cell = parse_cell(payload, 40, 8).value();
      const auto& ref = cell.pieces[random.below(static_cast<uint32_t>(cell.pieces.size()))].ref;
      payload = unpack_object(ref, bundle.stored(ref)).value();
    }
    const uint32_t rows = damages_cell ? 40 : static_cast<uint32_t>(payload[0]);
    if (random.below(4) == 0) {
      payload.resize(random.below(static_cast<uint32_t>(payload.size())));
    } else {
      payload[random.below(static_cast<uint32_t>(payload.size()))] ^=
          static_cast<uint8_t>(1 << random.below(8));
    }
    if (damages_cell) {
      const auto cell = parse_cell(payload, rows, 8);
      refused += !cell.has_value();
      if (!cell) continue;
      for (uint32_t i = 0; i < rows; ++i) REQUIRE(cell->piece_of(i) < cell->pieces.size());
    } else {
      const auto piece = parse_cell_piece(payload, rows, 8, 120);
      refused += !piece.has_value();
      if (piece) REQUIRE(piece->records.size() == rows);
    }
  }
  CHECK(refused > 500);
}

TEST_CASE("a root whose cells do not add up is refused", "[paged][corrupt]") {
  const auto bundle = make_paged_bundle(120, 16, 40);
  const auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  const auto refuses = [&](const std::function<void(Root&)>& change) {
    Root changed = root;
    change(changed);
    const auto object = pack_object(ObjectKind::kRoot, write_root(changed));
    return !Searcher::open(object.ref, object.stored).has_value();
  };
  CHECK_FALSE(refuses([](Root&) {}));
  CHECK(refuses([](Root& r) { r.indexes[0].cells.first_row.back() = 119; }));
  CHECK(refuses([](Root& r) { r.indexes[0].cells.spread[1] = -1; }));
  CHECK(refuses([](Root& r) { r.indexes[0].row_count = 121; }));
  CHECK(refuses([](Root& r) { r.image_count = 60; }));
  CHECK(refuses([](Root& r) { r.indexes.push_back(r.indexes[0]); }));
  CHECK(refuses([](Root& r) {
    IndexInfo resident;
    resident.dim = 16;
    r.indexes.insert(r.indexes.begin(), resident);
  }));
  CHECK(refuses([](Root& r) { r.indexes[0].cells.transform_rest.clear(); }));
  CHECK(refuses([](Root& r) { r.indexes[0].code_parameters[8] = 0; }));
  // Fewer components in the root than the first tier has, and more than there are.
  CHECK(refuses([](Root& r) { r.indexes[0].code_parameters[12] = 3; }));
  CHECK(refuses([](Root& r) { r.indexes[0].code_parameters[12] = 17; }));
  CHECK(refuses([](Root& r) { r.indexes[0].code_parameters.pop_back(); }));
  CHECK(refuses([](Root& r) { r.indexes[0].code_parameters[0] = 255; }));
}

TEST_CASE("scales beyond reason overflow nothing", "[paged][corrupt]") {
  const auto bundle = make_paged_bundle(120, 16, 40);
  auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  for (float& scale : root.indexes[0].cells.centroid_scale) scale = 3e38f;
  const auto object = pack_object(ObjectKind::kRoot, write_root(root));
  auto searcher = Searcher::open(object.ref, object.stored).value();
  CHECK(settle(bundle, searcher, row(bundle, 3), {}).hits.size() == 20);
}

TEST_CASE("every kernel scans a group to the same sums", "[paged][kernels]") {
  TestRandom random(3);
  for (const size_t bytes : {1u, 2u, 7u, 48u, 128u}) {
    std::vector<uint8_t> tables(bytes * 32);
    std::vector<uint8_t> group(bytes * kScanGroup);
    for (auto& value : tables) value = static_cast<uint8_t>(random.below(256));
    for (auto& value : group) value = static_cast<uint8_t>(random.below(256));
    uint16_t expected[kScanGroup];
    scan_group_scalar(tables.data(), group.data(), bytes, expected);
    uint16_t first = 0;
    for (size_t b = 0; b < bytes; ++b) {
      first = static_cast<uint16_t>(first + tables[b * 32 + (group[b * kScanGroup] & 15)] +
                                    tables[b * 32 + 16 + (group[b * kScanGroup] >> 4)]);
    }
    CHECK(expected[0] == first);
    for (const auto level : {SimdLevel::kSse4, SimdLevel::kAvx2, SimdLevel::kWasm}) {
      uint16_t sums[kScanGroup];
      scan_group_kernel(level)(tables.data(), group.data(), bytes, sums);
      CHECK(std::equal(sums, sums + kScanGroup, expected));
    }
  }
}

TEST_CASE("answers of a paged index are the same bytes on every target", "[paged][golden]") {
  const auto bundle = make_paged_bundle(300, 16, 40);
  auto searcher = open_paged(bundle);
  SearchOptions options;
  options.k = 10;
  options.effort.probe_cells = 4;
  ByteWriter answers;
  ClusteredVectorMaker maker(9, 16, 8);
  for (int i = 0; i < 1000; ++i) {
    std::vector<float> query;
    maker.add_text(query);
    for (const auto& hit : settle(bundle, searcher, query, options).hits) {
      answers.write(hit.image);
      answers.write(hit.similarity);
    }
  }
  CHECK(to_hex(sha256(answers.bytes())) ==
        "1dfd281055605b700708c953afd21eac2ebeac4ec0597642bbaa7884a04aa072");
}
