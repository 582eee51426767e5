#include "native/bundle/cell_deltas.h"

#include <functional>
#include <numeric>
#include <set>

#include <catch2/catch.hpp>

#include "native/search/searcher.h"
#include "tests/native/search/delta_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

Result<Searcher> try_open(const SmallBundle& bundle) {
  return Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref));
}

Result<void> add_all(const SmallBundle& bundle, Searcher& searcher,
                     const std::vector<ObjectRef>& refs) {
  for (const auto& ref : refs) RETURN_IF_ERROR(searcher.add_object(ref, bundle.stored(ref)));
  return {};
}

std::vector<Hit> settle(const SmallBundle& bundle, Searcher& searcher, std::span<const float> query,
                        const SearchOptions& options) {
  while (true) {
    const auto answer = searcher.search(query, options).value();
    if (answer.missing.empty()) return answer.hits;
    REQUIRE(add_all(bundle, searcher, answer.missing).has_value());
  }
}

std::span<const float> row(const SmallBundle& bundle, uint32_t number) {
  return std::span(bundle.whole).subspan(number * 16, 16);
}

bool is_removed(uint32_t image) {
  const auto removed = removed_rows();
  return std::find(removed.begin(), removed.end(), image) != removed.end();
}

}  // namespace

TEST_CASE("rows of deltas are found as those of cells are, and removed rows by no path",
          "[paged][deltas]") {
  const auto bundle = make_delta_bundle();
  auto searcher = try_open(bundle).value();
  for (const auto path : {SearchPath::kCells, SearchPath::kExact}) {
    for (const bool is_first : {true, false}) {
      for (uint32_t number = 0; number < kDeltaRows; ++number) {
        SearchOptions options;
        options.k = 10;
        options.path = path;
        options.stage = is_first ? Stage::kFirst : Stage::kSettled;
        const auto hits = settle(bundle, searcher, row(bundle, number), options);
        REQUIRE(hits.size() == 10);
        for (const auto& hit : hits) REQUIRE_FALSE(is_removed(hit.image));
        if (is_removed(number) || is_first) continue;
        CHECK(hits[0].image == number);
        CHECK(hits[0].similarity == Approx(1).margin(0.02));
      }
    }
  }
  SearchOptions all;
  all.k = kDeltaRows;
  all.path = SearchPath::kExact;
  const auto hits = settle(bundle, searcher, row(bundle, 7), all);
  CHECK(hits.size() == kDeltaRows - removed_rows().size());
  for (const auto& hit : hits) {
    const float truth = dot_f32(row(bundle, 7).data(), row(bundle, hit.image).data(), 16);
    CHECK(hit.similarity == Approx(std::clamp(truth, 0.0f, 1.0f)).margin(0.03));
  }
}

TEST_CASE("a query fetches deltas beside its cells, in the same rounds", "[paged][deltas]") {
  const auto bundle = with_root(make_delta_bundle(), [](Root& root) {
    root.indexes[0].cells.probe_cells = 1;
    root.indexes[0].cells.probe_depth = 0;
  });
  auto searcher = try_open(bundle).value();
  const auto& root = searcher.root();
  std::set<std::string> opened;
  for (uint32_t number = 0; number < kDeltaRows; number += 3) {
    auto fresh = try_open(bundle).value();
    const auto first = fresh.search(row(bundle, number), {}).value();
    size_t cells = 0;
    for (const auto& ref : first.missing) {
      cells += ref.kind == ObjectKind::kCell;
      opened.insert(object_name(ref));
    }
    CHECK(cells <= 2);
    REQUIRE(add_all(bundle, fresh, first.missing).has_value());
    const auto second = fresh.search(row(bundle, number), {}).value();
    REQUIRE(add_all(bundle, fresh, second.missing).has_value());
    CHECK(fresh.search(row(bundle, number), {}).value().missing.empty());
  }
  for (const auto& delta : root.deltas.deltas) CHECK(opened.contains(object_name(delta.ref)));
}

TEST_CASE("filters, records, ids and embeddings go on in deltas", "[paged][deltas]") {
  const auto bundle = make_delta_bundle();
  auto searcher = try_open(bundle).value();
  SearchOptions options;
  options.k = kDeltaRows;
  options.path = SearchPath::kExact;
  const auto count_of = [&](const char* filter) {
    options.filters = {parse_filter(filter).value()};
    return settle(bundle, searcher, row(bundle, 4), options).size();
  };
  CHECK(count_of("parity = even") == 150 - 1);      // row 0
  CHECK(count_of("parity = odd") == 120 + 12 - 3);  // rows 3, 41 and 245
  CHECK(count_of("parity = late") == 18 - 1);       // row 299
  CHECK(searcher.columns()[0].values == std::vector<std::string>{"even", "late", "odd"});

  REQUIRE(add_all(bundle, searcher, searcher.missing_objects(Need::kImageIds)).has_value());
  CHECK(searcher.find_images("row 3") == std::vector<uint32_t>{kChangedTo});
  CHECK(searcher.find_images("row 299").empty());
  CHECK(searcher.find_images("row 298") == std::vector<uint32_t>{298});
  CHECK_FALSE(searcher.is_live(299));
  CHECK(searcher.is_live(298));

  REQUIRE(add_all(bundle, searcher, searcher.missing_for_record(271).value()).has_value());
  const auto place = searcher.find_record(271).value();
  const auto payload = unpack_object(place.piece, bundle.stored(place.piece)).value();
  CHECK(parse_piece_records(payload).value()[place.position] == delta_record(271));
  for (auto missing = searcher.missing_for_embedding(271).value(); !missing.empty();
       missing = searcher.missing_for_embedding(271).value()) {
    REQUIRE(add_all(bundle, searcher, missing).has_value());
  }
  const auto embedding = searcher.image_embedding(271).value();
  CHECK(dot_f32(embedding.data(), row(bundle, 271).data(), 16) == Approx(1).margin(0.02));
}

TEST_CASE("facets of cells and deltas give the answers that the columns give",
          "[paged][deltas][facets]") {
  const auto bundle = make_delta_bundle(true);
  const auto plain = make_delta_bundle();
  for (const auto path :
       {SearchPath::kAuto, SearchPath::kCells, SearchPath::kHnsw, SearchPath::kExact}) {
    for (const char* filter :
         {"", "parity = late", "parity = even", "parity != odd", "parity in late,odd",
          "mark = rare", "height >= 60", "height >= 130", "height <= 2"}) {
      INFO(filter);
      SearchOptions options;
      options.k = kDeltaRows;
      options.path = path;
      if (*filter != 0) options.filters = {parse_filter(filter).value()};
      auto searcher = try_open(bundle).value();
      for (auto answer = searcher.search(row(bundle, 4), options).value(); !answer.missing.empty();
           answer = searcher.search(row(bundle, 4), options).value()) {
        for (const auto& ref : answer.missing) CHECK(ref.kind != ObjectKind::kColumns);
        REQUIRE(add_all(bundle, searcher, answer.missing).has_value());
      }
      auto expected = options;
      expected.path = SearchPath::kExact;
      auto without = try_open(plain).value();
      CHECK(settle(bundle, searcher, row(bundle, 4), options) ==
            settle(plain, without, row(plain, 4), expected));
    }
  }
  auto searcher = try_open(bundle).value();
  const auto count = [&](const char* filter) {
    return searcher.count_by_facets(std::vector{parse_filter(filter).value()}).value().value();
  };
  CHECK(count("mark = rare") == Approx(12).margin(1));
  auto fewer = try_open(with_root(bundle, [](Root& root) {
                 root.deltas.removed.resize(150);
                 std::iota(root.deltas.removed.begin(), root.deltas.removed.end(), 0u);
               })).value();
  const std::vector even = {parse_filter("parity = even").value()};
  CHECK(fewer.count_by_facets(even).value().value() == Approx(75).margin(2));
  CHECK(count("parity = late") > 0);
  CHECK(count("height >= 250") == 0);
}

TEST_CASE("facets of deltas that do not fit are refused", "[paged][deltas][facets][corrupt]") {
  const auto answers = [](const SmallBundle& bundle) {
    auto searcher = try_open(bundle);
    if (!searcher) return false;
    SearchOptions options;
    options.filters = {parse_filter("parity = even").value()};
    for (int round = 0; round < 4; ++round) {
      const auto answer = searcher->search(row(bundle, 4), options);
      if (!answer) return false;
      if (answer->missing.empty()) return true;
      if (!add_all(bundle, *searcher, answer->missing)) return false;
    }
    return false;
  };
  const auto bundle = make_delta_bundle(true);
  CHECK(answers(bundle));
  CHECK_FALSE(answers(with_root(bundle, [](Root& r) { r.facets.columns[0].added_names.clear(); })));
  CHECK_FALSE(answers(with_root(bundle, [](Root& r) { r.facets.columns[2].added_range = {1}; })));
  const auto none = make_delta_bundle(false);
  auto both = bundle;
  both.files.insert(none.files.begin(), none.files.end());
  CHECK_FALSE(answers(with_root(both, [&](Root& r) {
    r.deltas =
        parse_root(unpack_object(none.root_ref, none.stored(none.root_ref)).value()).value().deltas;
  })));
}

TEST_CASE("a list that names rows of deltas is refused", "[paged][deltas][facets][corrupt]") {
  const auto bundle = make_delta_bundle(true);
  const auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  const auto& known = root.facets.lists[0];
  const auto payload = unpack_object(known.ref, bundle.stored(known.ref)).value();
  const auto first_bytes = static_cast<uint32_t>(plain_codes(16).first_bytes());
  const auto whole =
      parse_row_list(payload, known.row_count, first_bytes, root.indexes[0].cells).value();
  for (const uint32_t last : {kDeltaBaseRows - 1, kDeltaBaseRows, kDeltaRows - 1}) {
    SmallBundleWriter writer;
    writer.bundle = bundle;
    RowList list = whole;
    list.rows.back() = last;
    list.pieces.back() = {last, 1, list.pieces.back().ref};
    const auto ref = writer.add(ObjectKind::kRowList, write_row_list(list));
    const auto changed = with_root(writer.bundle, [&](Root& r) { r.facets.lists[0].ref = ref; });
    auto searcher = try_open(changed).value();
    SearchOptions options;
    options.filters = {parse_filter("mark = rare").value()};
    const auto missing = searcher.search(row(changed, 4), options).value().missing;
    REQUIRE(std::find(missing.begin(), missing.end(), ref) != missing.end());
    CHECK(searcher.add_object(ref, changed.stored(ref)).has_value() == (last < kDeltaBaseRows));
  }
}

TEST_CASE("a cell whose rows are all gone is not fetched", "[paged][deltas]") {
  const auto bundle = with_root(make_delta_bundle(), [](Root& root) {
    root.deltas.removed.clear();
    for (uint32_t image = 0; image < 40; ++image) root.deltas.removed.push_back(image);
    for (uint32_t image = 240; image < 250; ++image) root.deltas.removed.push_back(image);
  });
  auto searcher = try_open(bundle).value();
  const auto cell = searcher.root().indexes[0].cells.cells[0];
  SearchOptions options;
  options.path = SearchPath::kExact;
  const auto missing = searcher.search(row(bundle, 7), options).value().missing;
  CHECK(std::find(missing.begin(), missing.end(), cell) == missing.end());
  CHECK(missing.size() >= 5 + 3);
}

TEST_CASE("deltas read back, long gaps between removed rows too", "[deltas]") {
  CellDeltas deltas;
  deltas.removed = {0, 1, 255, 256, 511, 512, 1022, 1278, 5'000'000};
  const auto bytes = write_cell_deltas(deltas);
  ByteReader reader(bytes);
  CHECK(read_cell_deltas(reader).value().removed == deltas.removed);
  CHECK(reader.remaining() == 0);
}

TEST_CASE("deltas that contradict the index or themselves are refused",
          "[paged][deltas][corrupt]") {
  const auto bundle = make_delta_bundle();
  const auto refuses = [&](const std::function<void(Root&)>& change) {
    return !try_open(with_root(bundle, change)).has_value();
  };
  CHECK_FALSE(refuses([](Root&) {}));
  CHECK(refuses([](Root& r) { r.deltas.removed.push_back(kDeltaRows); }));
  CHECK(refuses([](Root& r) { r.deltas.deltas[0].runs[0].cell = 6; }));
  CHECK(refuses([](Root& r) { r.deltas.deltas[0].runs[0].row_count = 0; }));
  CHECK(refuses([](Root& r) { r.deltas.deltas[0].runs[0].row_count = 11; }));
  CHECK(refuses([](Root& r) { r.deltas.deltas[0].runs[0].row_count = UINT32_MAX; }));
  CHECK(refuses([](Root& r) { r.deltas.deltas[0].runs.clear(); }));
  CHECK(refuses([](Root& r) { r.deltas.deltas.pop_back(); }));
  CHECK(refuses([](Root& r) { r.deltas.generations[0].row_count = 26; }));
  CHECK(refuses([](Root& r) { r.deltas.generations[0].image_ids.clear(); }));
  CHECK(refuses([](Root& r) { r.deltas.generations.clear(); }));
  CHECK(refuses([](Root& r) { r.deltas = {}; }));
  CHECK(refuses([](Root& r) { r.image_count = kDeltaRows + 1; }));
  CHECK(refuses([](Root& r) { r.indexes.clear(); }));
}

TEST_CASE("columns of a generation that do not go on with those before it are refused",
          "[paged][deltas][corrupt]") {
  Column column{.name = "size", .type = ColumnType::kNumber};
  const auto refused = [&](uint32_t rows) {
    SmallBundleWriter writer;
    writer.bundle = make_delta_bundle();
    column.numbers.assign(rows, 1.0);
    const auto parts = writer.add_payload(ObjectKind::kColumns, write_columns({&column, 1}));
    const auto bundle =
        with_root(writer.bundle, [&](Root& root) { root.deltas.generations[1].columns = parts; });
    auto searcher = try_open(bundle).value();
    const auto missing = searcher.missing_objects(Need::kColumns);
    CHECK(missing.size() == 3);
    return !add_all(bundle, searcher, missing).has_value();
  };
  CHECK(refused(35));
  CHECK(refused(34));
  column.name = "parity";
  CHECK(refused(35));
}

TEST_CASE("damaged sections of deltas are refused or leave every answer in range",
          "[deltas][corrupt]") {
  const auto bundle = make_delta_bundle();
  const auto whole =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  const auto bytes = write_cell_deltas(whole.deltas);
  TestRandom random(5);
  uint32_t refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    auto damaged = bytes;
    if (random.below(4) == 0) {
      damaged.resize(random.below(static_cast<uint32_t>(damaged.size())));
    } else {
      damaged[random.below(static_cast<uint32_t>(damaged.size()))] ^=
          static_cast<uint8_t>(1 << random.below(8));
    }
    ByteReader reader(damaged);
    const auto deltas = read_cell_deltas(reader);
    const bool fits =
        deltas.has_value() && check_cell_deltas(*deltas, kDeltaBaseRows, 6).has_value();
    refused += !fits;
    if (!fits) continue;
    REQUIRE(std::is_sorted(deltas->removed.begin(), deltas->removed.end()));
    for (const uint32_t image : deltas->removed) {
      REQUIRE(image < kDeltaBaseRows + deltas->row_count());
    }
  }
  CHECK(refused > 500);
}
