#include "native/search/facet_filter.h"

#include <set>

#include <catch2/catch.hpp>

#include "native/search/searcher.h"
#include "tests/native/search/paged_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

struct Settled {
  std::vector<Hit> hits;
  uint32_t rounds = 0;                   // of fetches
  std::map<ObjectKind, uint32_t> kinds;  // objects fetched
};

Settled ask(const SmallBundle& bundle, const std::vector<std::string>& filters,
            SearchPath path = SearchPath::kCells, uint32_t k = 20, uint32_t row = 4) {
  auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  SearchOptions options;
  options.k = k;
  options.path = path;
  for (const auto& text : filters) options.filters.push_back(parse_filter(text).value());
  Settled settled;
  while (true) {
    const auto answer =
        searcher.search(std::span(bundle.whole).subspan(row * 16, 16), options).value();
    if (answer.missing.empty()) {
      settled.hits = answer.hits;
      return settled;
    }
    REQUIRE(++settled.rounds < 8);
    for (const auto& ref : answer.missing) {
      ++settled.kinds[ref.kind];
      REQUIRE(searcher.add_object(ref, bundle.stored(ref)).has_value());
    }
  }
}

std::vector<std::pair<uint32_t, double>> found(const Settled& settled) {
  std::vector<std::pair<uint32_t, double>> pairs;
  for (const auto& hit : settled.hits) pairs.emplace_back(hit.image, hit.similarity);
  return pairs;
}

const std::vector<std::vector<std::string>> kFilters = {
    {"parity = odd"},
    {"parity != odd"},
    {"parity in odd,even"},
    {"mark = rare"},
    {"mark = rare", "parity = even"},
    {"mark in rare,usual", "height >= 100"},
    {"height <= 3"},
    {"height = 20"},
    {"height != 20", "height <= 22"},
    {"height in 20,50.5", "parity = even"},
    {"height >= 149.5"},
    {"parity = neither"},
    {"mark = rare", "mark = usual"},
    {"height >= 1000"},
};

}  // namespace

TEST_CASE("facets by cells let the same rows through as whole columns", "[paged][facets]") {
  const auto by_cells = make_paged_bundle(300, 16, 40, true);
  const auto by_columns = make_paged_bundle(300, 16, 40, false);
  for (const auto& filters : kFilters) {
    INFO(filters.front());
    const auto expected = ask(by_columns, filters, SearchPath::kExact);
    auto exact = ask(by_cells, filters, SearchPath::kExact);
    CHECK(found(exact) == found(expected));
    CHECK(exact.kinds[ObjectKind::kColumns] == 0);
    // All cells are opened here too, where they hold rows that qualify.
    auto cells = ask(by_cells, filters);
    CHECK(found(cells) == found(expected));
    CHECK(cells.kinds[ObjectKind::kColumns] == 0);
    CHECK(cells.rounds <= 2);
  }
}

TEST_CASE("cells without a row that qualifies are not opened", "[paged][facets]") {
  const auto bundle = make_paged_bundle(300, 16, 40, true);
  CHECK(ask(bundle, {"parity = odd"}).kinds[ObjectKind::kCell] == 8);
  CHECK(ask(bundle, {"height <= 30"}).kinds[ObjectKind::kCell] == 2);
  CHECK(ask(bundle, {"height >= 1000"}).kinds[ObjectKind::kCell] == 0);
  CHECK(ask(bundle, {"parity = neither"}).kinds[ObjectKind::kCell] == 0);
}

TEST_CASE("rows of a rare value are scanned from their list", "[paged][facets]") {
  const auto bundle = make_paged_bundle(300, 16, 40, true);
  auto settled = ask(bundle, {"mark = rare", "height >= 10"});
  CHECK(settled.kinds[ObjectKind::kCell] == 0);
  CHECK(settled.kinds[ObjectKind::kRowList] == 1);
  CHECK(settled.rounds == 2);
  std::set<uint32_t> images;
  for (const auto& hit : settled.hits) images.insert(hit.image);
  CHECK(images == std::set<uint32_t>{25, 50, 100, 125, 175, 200, 250, 275});
}

TEST_CASE("where the cells hold fewer rows than asked for, more are opened", "[paged][facets]") {
  const auto whole = make_paged_bundle(300, 16, 40, true);
  auto bundle = whole;
  auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  root.indexes[0].cells.probe_cells = 1;
  const auto object = pack_object(ObjectKind::kRoot, write_root(root));
  bundle.root_ref = object.ref;
  bundle.files[object_name(object.ref)] = object.stored;
  // Each cell holds about three of those.
  const auto settled =
      ask(bundle, {"height in 10,10.5,11,30,50,70,100,110,130"}, SearchPath::kCells, 6);
  CHECK(settled.hits.size() == 6);
}

TEST_CASE("unknown fields and operands of filters by cells are errors", "[paged][facets]") {
  const auto bundle = make_paged_bundle(120, 16, 40, true);
  auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  SearchOptions options;
  options.filters = {parse_filter("height >= tall").value()};
  CHECK_FALSE(searcher.search(std::span(bundle.whole).first(16), options).has_value());
  options.filters = {parse_filter("parity >= 3").value()};
  CHECK_FALSE(searcher.search(std::span(bundle.whole).first(16), options).has_value());
  // The columns might have it.
  options.filters = {parse_filter("width = 3").value()};
  const auto answer = searcher.search(std::span(bundle.whole).first(16), options).value();
  REQUIRE(answer.missing.size() == 1);
  CHECK(answer.missing[0].kind == ObjectKind::kColumns);
}

TEST_CASE("facets of rows are read as they were written", "[facets]") {
  TestRandom random(4);
  for (int trial = 0; trial < 200; ++trial) {
    const uint32_t rows = 1 + random.below(70);
    Column category{.name = "c", .type = ColumnType::kCategory};
    Column number{.name = "n", .type = ColumnType::kNumber};
    const uint32_t values = 1 + random.below(3000);
    const double scale = std::pow(10.0, static_cast<double>(random.below(30)) - 15);
    for (uint32_t row = 0; row < rows; ++row) {
      category.codes.push_back(trial % 5 == 0 ? values - 1 : random.below(values));
      const double value = (static_cast<double>(random.below(2000)) - 1000) * scale;
      number.numbers.push_back(trial % 3 == 0 && random.below(4) == 0 ? std::nan("") : value);
    }
    if (trial % 4 == 0) {
      // Short decimals, and whole numbers that a double just holds.
      const double unit = trial % 8 == 0 ? 1e6 : 1;
      const double most = trial % 8 == 0 ? 0 : 9007199254740000.0;
      for (double& value : number.numbers) value = (most + random.below(900)) / unit;
    }
    if (trial % 7 == 0) number.numbers.assign(rows, std::nan(""));
    const std::vector<Column> columns = {category, number};
    std::vector<FacetColumn> schema(2);
    schema[0].value_count = values;
    schema[1].type = ColumnType::kNumber;
    const uint32_t first = random.below(rows);
    const auto bytes = write_row_facets(columns, first, rows - first);
    std::vector<Column> read(2);
    REQUIRE(read_row_facets(bytes, schema, rows - first, false, read).has_value());
    for (uint32_t row = first; row < rows; ++row) {
      REQUIRE(read[0].codes[row - first] == category.codes[row]);
      const double expected = number.numbers[row];
      const double value = read[1].numbers[row - first];
      REQUIRE((value == expected || (std::isnan(value) && std::isnan(expected))));
    }
    REQUIRE_FALSE(
        read_row_facets(std::span(bytes).first(bytes.size() - 1), schema, rows - first, false, read)
            .has_value());
  }
}

TEST_CASE("damaged facets are refused or leave every value in range", "[facets][corrupt]") {
  const auto bundle = make_paged_bundle(120, 16, 40, true);
  const auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  const auto& directory = root.indexes[0].cells;
  const auto& list_ref = root.facets.lists[0].ref;
  const auto list = unpack_object(list_ref, bundle.stored(list_ref)).value();
  ByteWriter facets;
  write_facets(facets, root.facets);
  const auto rows = write_row_facets(paged_columns(0, 40), 0, 40);
  TestRandom random(12);
  uint32_t refused = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    const auto source = trial % 3 == 0   ? std::span<const uint8_t>(list)
                        : trial % 3 == 1 ? facets.bytes()
                                         : std::span<const uint8_t>(rows);
    std::vector<uint8_t> payload(source.begin(), source.end());
    if (random.below(4) == 0) {
      payload.resize(random.below(static_cast<uint32_t>(payload.size())));
    } else {
      const auto at = random.below(static_cast<uint32_t>(payload.size()));
      payload[at] ^= static_cast<uint8_t>(1 << random.below(8));
    }
    if (trial % 3 == 0) {
      const auto parsed = parse_row_list(payload, 5, 8, directory);
      refused += !parsed.has_value();
      if (!parsed) continue;
      for (const uint32_t row : parsed->rows) REQUIRE(row < 120);
      REQUIRE(parsed->codes.size() == 32 * 8);
    } else if (trial % 3 == 1) {
      ByteReader reader(payload);
      const auto parsed = read_facets(reader);
      refused += !parsed.has_value();
      if (!parsed) continue;
      for (const auto& column : parsed->columns) {
        REQUIRE(column.cell_rows.size() % column.bin_count() == 0);
        const bool is_number = column.type == ColumnType::kNumber;
        REQUIRE((is_number ? column.edges.size() == column.bin_count() + 1
                           : column.first_name.size() == column.bin_count()));
      }
    } else {
      std::vector<Column> columns(3);
      const auto parsed = read_row_facets(payload, root.facets.columns, 40, false, columns);
      refused += !parsed.has_value();
      if (!parsed) continue;
      for (const uint32_t code : columns[0].codes) REQUIRE(code < 2);
    }
  }
  CHECK(refused > 2000);
}

TEST_CASE("facets that do not tell of every cell are refused", "[facets][corrupt]") {
  const auto bundle = make_paged_bundle(120, 16, 40, true);
  const auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  const auto refuses = [&](const std::function<void(Root&)>& change) {
    Root changed = root;
    change(changed);
    const auto object = pack_object(ObjectKind::kRoot, write_root(changed));
    return !Searcher::open(object.ref, object.stored).has_value();
  };
  CHECK_FALSE(refuses([](Root&) {}));
  CHECK(refuses([](Root& r) { r.facets.columns[0].cell_rows.resize(2); }));
  CHECK(refuses([](Root& r) { r.facets.columns[0].first_code[1] = 0; }));
  CHECK(refuses([](Root& r) { r.facets.columns[0].value_count = 3; }));
  CHECK(refuses([](Root& r) { r.facets.columns[2].edges[1] = -1; }));
  CHECK(refuses([](Root& r) { r.facets.lists[0].column = 2; }));
  CHECK(refuses([](Root& r) { r.facets.lists[0].column = 9; }));
}
