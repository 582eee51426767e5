// Scan, cells and graph of a paged bundle with everything in memory, on one thread:
//
//   path_bench --bundle BUNDLE --data DIR [--queries N] [--repeat N]
//
// DIR is what simulate_vectors wrote; the bundle's image ids are row numbers. A query's time is its
// fastest; printed is the median over the queries, the pieces of refined rows already in memory.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>

#include "indexer/bundle/opened_bundle.h"
#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {
namespace {

struct Setting {
  std::string name;
  SearchOptions options;
};

template <class T>
T value_or_fail(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(result).value();
}

std::vector<Setting> settings(const Root& root) {
  const uint32_t probe = root.indexes.front().cells.probe_cells;
  std::vector<Setting> all;
  const auto add = [&](const std::string& name, SearchPath path) -> SearchOptions& {
    all.push_back({name, {}});
    all.back().options.k = 10;
    all.back().options.path = path;
    return all.back().options;
  };
  add("scan", SearchPath::kAuto);
  add("cells", SearchPath::kCells);
  for (const uint32_t times : {1u, 2u, 4u, 8u}) {
    add("cells x" + std::to_string(times), SearchPath::kCells).effort.probe_cells = times * probe;
  }
  if (root.graph.empty()) return all;
  for (const uint32_t ef : {50u, 100u, 200u, 400u, 800u, 1600u}) {
    add("graph ef " + std::to_string(ef), SearchPath::kHnsw).ef_search = ef;
  }
  return all;
}

void measure(OpenedBundle& bundle, const std::string& data, const std::string& kind,
             uint32_t query_count, int repeat) {
  const auto queries = read_npy(data + "/" + kind + "_queries.npy", query_count);
  const auto truth = read_npy_ordinals(data + "/truth_" + kind + "_10.npy");
  for (const auto& [name, options] : settings(bundle.root())) {
    std::vector<double> times;
    uint32_t found = 0;
    for (uint32_t q = 0; q < queries.rows; ++q) {
      const auto hits = value_or_fail(bundle.search(queries.row(q), options));
      double fastest = 1e9;
      for (int i = 0; i < repeat; ++i) {
        const auto start = std::chrono::steady_clock::now();
        value_or_fail(bundle.searcher().search(queries.row(q), options));
        const std::chrono::duration<double, std::milli> taken =
            std::chrono::steady_clock::now() - start;
        fastest = std::min(fastest, taken.count());
      }
      times.push_back(fastest);
      for (const auto& hit : hits) {
        const auto id = static_cast<uint32_t>(
            std::strtoul(value_or_fail(bundle.record(hit.image)).image_id.c_str(), nullptr, 10));
        const auto row = truth.row(q);
        found += std::find(row.begin(), row.end(), id) != row.end();
      }
    }
    std::sort(times.begin(), times.end());
    std::printf("%-6s %-14s p50 %8.3f ms   recall@10 %.4f\n", kind.c_str(), name.c_str(),
                times[times.size() / 2], found / 10.0 / queries.rows);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using namespace sightline::bench;
  std::map<std::string, std::string> options = {
      {"--bundle", ""}, {"--data", ""}, {"--queries", "100"}, {"--repeat", "3"}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  if (options["--bundle"].empty() || options["--data"].empty()) {
    fail("usage: path_bench --bundle BUNDLE --data DIR [--queries N] [--repeat N]");
  }
  auto bundle = value_or_fail(sightline::OpenedBundle::open(options["--bundle"]));
  // Every cell and piece.
  for (uint32_t image = 0; image < bundle.root().image_count; ++image) {
    value_or_fail(bundle.record(image));
  }
  for (const char* kind : {"text", "image"}) {
    measure(bundle, options["--data"], kind,
            static_cast<uint32_t>(std::stoul(options["--queries"])),
            std::stoi(options["--repeat"]));
  }
}
