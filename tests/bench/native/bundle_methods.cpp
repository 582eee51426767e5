// Searches of a bundle that `sightline build VECTORS.npy` wrote, everything in memory: its cells
// and its graph, over the codes as they are stored.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "indexer/bundle/opened_bundle.h"
#include "tests/bench/native/bench_method.h"

namespace sightline::bench {
namespace {

// With everything in memory the search refines 8 times as many: enough for 0.98 of the true 10.
constexpr uint32_t kRefineRows = 16;

template <class T>
T value_or_fail(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(result).value();
}

class BundleMethod : public BenchIndex {
 public:
  // The image ids of the bundle are rows of `base`.
  BundleMethod(const std::string& place, SearchPath path, const Vectors& base)
      : bundle_(value_or_fail(OpenedBundle::open(place))) {
    options_.path = path;
    if (bundle_.root().image_count != base.rows) fail("the bundle has other rows than base.npy");
    auto& searcher = bundle_.searcher();
    for (uint32_t image = 0; image < base.rows; ++image) {
      // A cell first, then the piece that it names.
      for (auto missing = value_or_fail(searcher.missing_for_embedding(image)); !missing.empty();
           missing = value_or_fail(searcher.missing_for_embedding(image))) {
        for (const auto& ref : missing) {
          const auto added = searcher.add_object(ref, value_or_fail(bundle_.fetch_stored(ref)));
          if (!added) fail(added.error().message);
        }
      }
    }
    // Fetches the graph where that is searched.
    value_or_fail(bundle_.search(base.row(0), options_));
    stored_bytes_ = bundle_.traffic().bytes;
    for (uint32_t image = 0; image < base.rows; ++image) {
      const auto record = value_or_fail(bundle_.record(image));
      rows_.push_back(static_cast<uint32_t>(std::strtoul(record.image_id.c_str(), nullptr, 10)));
    }
  }

  // Image ids and records too, which lie in the same objects.
  uint64_t stored_bytes() const override { return stored_bytes_; }
  std::string effort_name() const override {
    return options_.path == SearchPath::kHnsw ? "efSearch" : "probe_cells";
  }
  std::vector<uint32_t> efforts() const override {
    if (options_.path == SearchPath::kHnsw) return kEfSearchSteps;
    const auto cells = static_cast<uint32_t>(bundle_.root().indexes.front().cells.cell_count());
    std::vector<uint32_t> efforts;
    for (const uint32_t effort : kEfSearchSteps) efforts.push_back(std::min(cells, effort));
    efforts.erase(std::unique(efforts.begin(), efforts.end()), efforts.end());
    return efforts;
  }
  void set_effort(uint32_t effort) override {
    options_.ef_search = effort;
    if (options_.path == SearchPath::kCells) options_.effort = {effort, kRefineRows};
  }
  void search(std::span<const float> query, std::span<uint32_t> nearest) override {
    options_.k = static_cast<uint32_t>(nearest.size());
    const auto answer = value_or_fail(bundle_.searcher().search(query, options_));
    for (size_t i = 0; i < answer.hits.size(); ++i) nearest[i] = rows_[answer.hits[i].image];
  }

 private:
  OpenedBundle bundle_;
  SearchOptions options_;
  uint64_t stored_bytes_ = 0;
  std::vector<uint32_t> rows_;  // of each image
};

}  // namespace

void add_bundle_methods(const std::string& bundle, std::vector<BenchMethod>& methods) {
  const auto add = [&](const char* name, SearchPath path) {
    methods.push_back({name, [=](const Vectors& base) {
                         return std::make_unique<BundleMethod>(bundle, path, base);
                       }});
  };
  add("sightline bundle cells", SearchPath::kCells);
  if (!value_or_fail(OpenedBundle::open(bundle)).root().graph.empty()) {
    add("sightline bundle graph", SearchPath::kHnsw);
  }
}

}  // namespace sightline::bench
