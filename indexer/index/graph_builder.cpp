#include "indexer/index/graph_builder.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

// Its prefetches read one link past the end of full lists; its kernels are replaced below anyway.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include "native/vectors/dot.h"

namespace sightline {
namespace {

// hnswlib's inner-product space, with kernels that give the same distances on every processor.
class DotSpace : public hnswlib::SpaceInterface<float> {
 public:
  explicit DotSpace(size_t dim) : parameter_{best_dot_kernels().dot_f32, dim} {}

  size_t get_data_size() override { return parameter_.dim * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
  void* get_dist_func_param() override { return &parameter_; }

 private:
  struct Parameter {
    float (*dot)(const float*, const float*, size_t);
    size_t dim;
  };

  static float distance(const void* a, const void* b, const void* parameter) {
    const auto& [dot, dim] = *static_cast<const Parameter*>(parameter);
    return 1.0f - dot(static_cast<const float*>(a), static_cast<const float*>(b), dim);
  }

  Parameter parameter_;
};

using Index = hnswlib::HierarchicalNSW<float>;

// Rows are inserted one by one in order, so hnswlib's internal ids are our ordinals.
HnswGraphLists copy_lists(const Index& index, uint32_t rows, uint32_t m) {
  HnswGraphLists lists;
  lists.m = m;
  lists.entry_point = index.enterpoint_node_;
  const auto copy_list = [&](uint32_t row, int level) {
    const hnswlib::linklistsizeint* list = index.get_linklist_at_level(row, level);
    const uint16_t count = index.getListCount(const_cast<hnswlib::linklistsizeint*>(list));
    lists.counts.push_back(count);
    lists.neighbors.insert(lists.neighbors.end(), list + 1, list + 1 + count);
  };
  for (uint32_t row = 0; row < rows; ++row) {
    lists.levels.push_back(static_cast<uint8_t>(index.element_levels_[row]));
    copy_list(row, 0);
  }
  for (uint32_t row = 0; row < rows; ++row) {
    for (int level = 1; level <= lists.levels[row]; ++level) copy_list(row, level);
  }
  return lists;
}

// Puts row `index.cur_element_count` and its links in place as if it and the rest of the graph had
// been inserted. values: [dim].
void restore_row(Index& index, const HnswGraph& graph, std::span<const float> values) {
  const auto row = static_cast<uint32_t>(index.cur_element_count);
  const uint32_t level_count = graph.level(row);
  std::memset(index.get_linklist0(row), 0, index.size_data_per_element_);
  std::memcpy(index.getDataByInternalId(row), values.data(), values.size_bytes());
  index.setExternalLabel(row, row);
  index.label_lookup_[row] = row;
  if (level_count > 0) {
    // One byte more, as hnswlib allocates it.
    auto* lists =
        static_cast<char*>(std::calloc(index.size_links_per_element_ * level_count + 1, 1));
    if (lists == nullptr) throw std::bad_alloc();
    index.linkLists_[row] = lists;
  }
  index.element_levels_[row] = static_cast<int>(level_count);
  ++index.cur_element_count;
  for (uint32_t level = 0; level <= level_count; ++level) {
    const auto links = level == 0 ? graph.base_neighbors(row) : graph.upper_neighbors(row, level);
    auto* list = index.get_linklist_at_level(row, static_cast<int>(level));
    index.setListCount(list, static_cast<uint16_t>(links.size()));
    std::copy(links.begin(), links.end(), list + 1);
  }
}

// Leaves the index as inserting the graph's rows would, its random levels included.
Result<void> restore(const HnswGraph& graph, const ReadRow& read, std::span<float> values,
                     Index& index) {
  for (uint32_t row = 0; row < graph.rows(); ++row) {
    const int level = index.getRandomLevel(index.mult_);
    if (graph.m() != index.M_ || level != static_cast<int>(graph.level(row))) {
      return invalid_argument("graph: what was begun is of other options");
    }
    RETURN_IF_ERROR(read(row, values));
    restore_row(index, graph, values);
  }
  index.enterpoint_node_ = graph.entry_point();
  index.maxlevel_ = static_cast<int>(graph.top_level());
  return {};
}

Result<void> check_options(std::span<const float> rows, uint32_t dim, const GraphOptions& options) {
  if (options.m < 2 || options.m > 128) {
    return invalid_argument("graph: --m is " + std::to_string(options.m) +
                            ", expected 2 to 128 (16 suits most collections)");
  }
  if (options.ef_construction < 1 || options.ef_construction > 10000) {
    return invalid_argument("graph: --ef-construction is " +
                            std::to_string(options.ef_construction) +
                            ", expected 1 to 10000 (200 suits most collections)");
  }
  if (dim == 0 || rows.size() % dim != 0) {
    return invalid_argument("graph: " + std::to_string(rows.size()) +
                            " values are not whole rows of " + std::to_string(dim) + " dimensions");
  }
  return {};
}

}  // namespace

Result<HnswGraph> build_graph(std::span<const float> rows, uint32_t dim,
                              const GraphOptions& options, const GraphProgress& progress) {
  RETURN_IF_ERROR(check_options(rows, dim, options));
  const auto read = [&](uint32_t row, std::span<float> values) -> Result<void> {
    std::copy_n(rows.begin() + static_cast<ptrdiff_t>(size_t{row} * dim), dim, values.begin());
    return {};
  };
  return build_graph(static_cast<uint32_t>(rows.size() / dim), dim, read, options, progress);
}

Result<HnswGraph> build_graph(uint32_t row_count, uint32_t dim, const ReadRow& read,
                              const GraphOptions& options, const GraphProgress& progress,
                              const GraphResumption& resumption) {
  RETURN_IF_ERROR(check_options({}, dim, options));
  if (row_count == 0) return HnswGraph::from_lists({options.m, 0, {}, {}, {}});
  const HnswGraph& begun = resumption.begun;
  if (begun.rows() > row_count) {
    return invalid_argument("graph: what was begun is of more rows than there are");
  }
  try {
    DotSpace space(dim);
    Index index(&space, row_count, options.m, options.ef_construction, options.seed);
    std::vector<float> values(dim);
    if (begun.rows() > 0) RETURN_IF_ERROR(restore(begun, read, values, index));
    uint32_t done = begun.rows();
    const GraphSoFar so_far = [&] {
      return HnswGraph::from_lists(copy_lists(index, done, options.m));
    };
    while (done < row_count) {
      RETURN_IF_ERROR(read(done, values));
      index.addPoint(values.data(), done);
      ++done;
      if (progress) progress(done, row_count);
      if (resumption.after_row) resumption.after_row(done, so_far);
    }
    return HnswGraph::from_lists(copy_lists(index, row_count, options.m));
  } catch (const std::exception& exception) {
    return too_large("graph: cannot be built over " + std::to_string(row_count) + " rows of " +
                     std::to_string(dim) + " dimensions: " + exception.what());
  }
}

Result<HnswGraph> renumbered(const HnswGraph& graph, std::span<const uint32_t> order) {
  std::vector<uint32_t> number(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) number[order[i]] = i;
  HnswGraphLists lists;
  lists.m = graph.m();
  lists.entry_point = order.empty() ? 0 : number[graph.entry_point()];
  const auto append = [&](std::span<const uint32_t> links) {
    lists.counts.push_back(static_cast<uint16_t>(links.size()));
    for (const uint32_t link : links) lists.neighbors.push_back(number[link]);
  };
  for (const uint32_t row : order) {
    lists.levels.push_back(static_cast<uint8_t>(graph.level(row)));
    append(graph.base_neighbors(row));
  }
  for (const uint32_t row : order) {
    for (uint32_t level = 1; level <= graph.level(row); ++level) {
      append(graph.upper_neighbors(row, level));
    }
  }
  return HnswGraph::from_lists(std::move(lists));
}

}  // namespace sightline
