#include "native/vectors/hnsw_search.h"

namespace sightline {
namespace {

class CoarseDistance {
 public:
  CoarseDistance(const CodeDistance& distance, const CodeTable& table)
      : distance_(distance), table_(table) {}

  int32_t operator()(uint32_t ordinal) const { return distance_.coarse(ordinal); }

  void prefetch(uint32_t ordinal) const {
#if !defined(__wasm__)
    const int8_t* code = table_.row(ordinal);
    for (uint32_t byte = 0; byte < table_.dim; byte += 64) __builtin_prefetch(code + byte);
#else
    (void)ordinal;
#endif
  }

 private:
  const CodeDistance& distance_;
  [[maybe_unused]] const CodeTable& table_;
};

}  // namespace

std::vector<Neighbor> search_hnsw(const HnswGraph& graph, const CodeTable& table,
                                  const QueryCode& query, size_t k, size_t ef_search,
                                  SearchScratch& scratch, RowFilter filter,
                                  const DotKernels& kernels) {
  const size_t kept_count = std::max(ef_search, k);
  const CodeDistance distance(query, table, kernels);
  auto neighbors =
      search_graph(graph, CoarseDistance(distance, table), kept_count, kept_count, scratch, filter);
  const int32_t farthest = neighbors.size() < kept_count ? INT32_MAX : neighbors.back().distance;
  for (uint32_t row = graph.rows(); row < table.rows; ++row) {
    if (!row_allowed(filter, row)) continue;
    if (const int32_t coarse = distance.coarse(row); coarse <= farthest) {
      neighbors.push_back({coarse, row});
    }
  }
  for (auto& neighbor : neighbors) {
    neighbor.distance = distance.refine(neighbor.ordinal, neighbor.distance);
  }
  std::sort(neighbors.begin(), neighbors.end());
  neighbors.resize(std::min(k, neighbors.size()));
  return neighbors;
}

}  // namespace sightline
