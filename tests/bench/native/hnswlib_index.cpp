#include "tests/bench/native/hnswlib_index.h"

#if defined(__x86_64__)
// hnswlib picks its widest kernel at run time among those it was compiled with: give it all.
#pragma GCC push_options
#pragma GCC target("avx,avx2,avx512f")
#include <hnswlib/hnswlib.h>
#pragma GCC pop_options
#else
#include <hnswlib/hnswlib.h>
#endif

#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {
namespace {

constexpr uint32_t kM = 16;
constexpr uint32_t kEfConstruction = 200;

}  // namespace

struct HnswlibIndex::State {
  State(uint32_t rows, uint32_t dim) : space(dim), index(&space, rows, kM, kEfConstruction) {}

  hnswlib::InnerProductSpace space;
  hnswlib::HierarchicalNSW<float> index;
};

HnswlibIndex::HnswlibIndex(std::span<const float> rows, uint32_t dim) {
  const auto count = static_cast<uint32_t>(rows.size() / dim);
  state_ = std::make_unique<State>(count, dim);
  for (uint32_t row = 0; row < count; ++row) {
    state_->index.addPoint(rows.data() + size_t{row} * dim, row);
  }
}

HnswlibIndex::~HnswlibIndex() = default;

uint32_t HnswlibIndex::rows() const {
  return static_cast<uint32_t>(state_->index.getCurrentElementCount());
}

uint64_t HnswlibIndex::stored_bytes() const { return state_->index.indexFileSize(); }

void HnswlibIndex::set_ef_search(uint32_t ef_search) { state_->index.setEf(ef_search); }

size_t HnswlibIndex::search(const float* query, std::span<uint32_t> nearest) const {
  auto queue = state_->index.searchKnn(query, nearest.size());
  const size_t found = queue.size();
  for (size_t i = found; i > 0; queue.pop()) {
    nearest[--i] = static_cast<uint32_t>(queue.top().second);
  }
  return found;
}

HnswGraph HnswlibIndex::copy_graph() const {
  const auto& index = state_->index;
  HnswGraphLists lists{kM, index.enterpoint_node_, {}, {}, {}};
  const auto copy_list = [&](uint32_t row, int level) {
    hnswlib::linklistsizeint* list = index.get_linklist_at_level(row, level);
    lists.counts.push_back(index.getListCount(list));
    lists.neighbors.insert(lists.neighbors.end(), list + 1, list + 1 + lists.counts.back());
  };
  for (uint32_t row = 0; row < rows(); ++row) {
    lists.levels.push_back(static_cast<uint8_t>(index.element_levels_[row]));
    copy_list(row, 0);
  }
  for (uint32_t row = 0; row < rows(); ++row) {
    for (int level = 1; level <= lists.levels[row]; ++level) copy_list(row, level);
  }
  auto graph = HnswGraph::from_lists(std::move(lists));
  if (!graph) fail(graph.error().message);
  return std::move(graph).value();
}

}  // namespace sightline::bench
