// Cells that a query must open for the true top 10, those of a paged bundle beside plain k-means
// cells of the same vectors, as many of them:
//
//   routing_bench --bundle BUNDLE --data DIR [--queries N] [--cells N]
//
// DIR is what simulate_vectors wrote; the bundle's image ids are row numbers. The bundle's cells
// are opened as its own search does, as deep as it takes ("by number": as many for every query);
// k-means cells by the inner product of their centroid, as many for every query as an IVF index
// opens ("by depth": as ours are). A cell counts as opened whole: nothing depends on codes. Bytes:
// the bundle's cell objects; k-means cells are given as many a row. --cells: of k-means, else as
// many as the bundle has.

#include <cstdlib>
#include <map>
#include <numeric>
#include <string>

#include "indexer/bundle/opened_bundle.h"
#include "native/search/cell_scan.h"
#include "tests/bench/data/npy_vectors.h"
#include "tests/bench/data/opened_cells.h"
#include "tests/bench/data/plain_cells.h"

namespace sightline::bench {
namespace {

template <class T>
T value_or_fail(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(result).value();
}

RoutedCells cells_of_bundle(OpenedBundle& bundle, uint32_t rows) {
  const auto& index = bundle.root().indexes.front();
  if (index.layout != IndexLayout::kPaged) fail("the bundle is not paged");
  if (index.row_count != rows) fail("the bundle has other rows than base.npy");
  const auto& directory = index.cells;
  RoutedCells routed;
  routed.cell_of_row.resize(rows);
  for (size_t cell = 0; cell < directory.cell_count(); ++cell) {
    routed.bytes.push_back(static_cast<double>(directory.cells[cell].stored_bytes));
    for (uint32_t at = directory.first_row[cell]; at < directory.first_row[cell + 1]; ++at) {
      const auto id = value_or_fail(bundle.record(at)).image_id;
      routed.cell_of_row.at(std::strtoul(id.c_str(), nullptr, 10)) = static_cast<uint32_t>(cell);
    }
  }
  const auto codes = value_or_fail(parse_query_aware_codes(index.code_parameters, index.dim));
  routed.scores = [codes, &directory](std::span<const float> query) {
    const auto weights = value_or_fail(weigh_query(codes, query));
    return cell_reach(directory, centroid_similarities(directory, weights));
  };
  return routed;
}

RoutedCells routed(const PlainCells& cells, double bytes_per_row) {
  RoutedCells routed;
  routed.cell_of_row = cells.cell_of_row();
  routed.bytes.resize(cells.count());
  for (const uint32_t cell : routed.cell_of_row) routed.bytes[cell] += bytes_per_row;
  routed.scores = [&cells](std::span<const float> query) { return cells.scores(query); };
  return routed;
}

void compare(const std::string& kind, const Vectors& queries, const Ordinals& truth,
             const RoutedCells& plain, const RoutedCells& ours) {
  for (const double recall : {0.9, 0.95, 0.98}) {
    const auto print = [&](const char* name, const Opened& opened, const Opened& reference) {
      const double of_rows = 100 * opened.rows / static_cast<double>(ours.cell_of_row.size());
      std::printf("| %-7s | %.2f   | %-23s | %5.1f | %6.2f %% | %6.0f kB | %10.2f × | %9.2f × |\n",
                  kind.c_str(), recall, name, opened.cells, of_rows, opened.bytes / 1000,
                  opened.cells / reference.cells, opened.rows / reference.rows);
    };
    const auto opened = [&](Opening opening, const RoutedCells& cells) {
      return opened_for(opening, cells, queries, truth, recall);
    };
    const auto reference = opened(Opening::kNumber, plain);
    print("plain k-means", reference, reference);
    print("plain k-means, by depth", opened(Opening::kDepth, plain), reference);
    print("sightline, by number", opened(Opening::kNumber, ours), reference);
    print("sightline", opened(Opening::kDepth, ours), reference);
  }
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using namespace sightline::bench;
  std::map<std::string, std::string> options = {
      {"--bundle", ""}, {"--data", ""}, {"--queries", "500"}, {"--cells", "0"}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  const std::string data = options["--data"];
  if (options["--bundle"].empty() || data.empty()) {
    fail("usage: routing_bench --bundle BUNDLE --data DIR [--queries N] [--cells N]");
  }
  auto bundle = value_or_fail(sightline::OpenedBundle::open(options["--bundle"]));
  const auto base = read_npy(data + "/base.npy");
  const auto ours = cells_of_bundle(bundle, base.rows);
  const auto wanted = static_cast<uint32_t>(std::stoul(options["--cells"]));
  const PlainCells centers(base, wanted > 0 ? wanted : static_cast<uint32_t>(ours.bytes.size()));
  const double bytes = std::accumulate(ours.bytes.begin(), ours.bytes.end(), 0.0);
  const auto plain = routed(centers, bytes / base.rows);
  std::printf("%u rows, %zu cells of the bundle, %u of plain k-means\n\n", base.rows,
              ours.bytes.size(), centers.count());
  std::printf(
      "| queries | recall | cells of                | cells | of rows  | fetched   | cells, to "
      "theirs"
      " | rows       |\n"
      "| ------- | ------ | ----------------------- | ----- | -------- | --------- | ------------"
      " | ----------- |\n");
  for (const std::string kind : {"text", "image"}) {
    const auto queries =
        read_npy(data + "/" + kind + "_queries.npy", std::stoul(options["--queries"]));
    auto truth = read_npy_ordinals(data + "/truth_" + kind + "_10.npy");
    compare(kind, queries, truth, plain, ours);
  }
}
