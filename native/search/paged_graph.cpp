#include "native/search/paged_graph.h"

#include <string>

#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

// Minus the sum of a row's table entries. A byte's two nibbles are looked up as one.
class TableDistance {
 public:
  TableDistance(const ScanTables& scan, std::span<const uint8_t> codes,
                std::span<const uint32_t> cell_of_row, std::span<const int32_t> cell_offsets)
      : bytes_(scan.tables.size() / 32),
        sums_(bytes_ * 256),
        codes_(codes),
        cell_of_row_(cell_of_row),
        cell_offsets_(cell_offsets) {
    for (size_t b = 0; b < bytes_; ++b) {
      for (size_t value = 0; value < 256; ++value) {
        sums_[b * 256 + value] = static_cast<uint16_t>(scan.tables[b * 32 + value % 16] +
                                                       scan.tables[b * 32 + 16 + value / 16]);
      }
    }
  }

  int32_t operator()(uint32_t row) const {
    const uint8_t* code = codes_.data() + row * bytes_;
    const uint16_t* sums = sums_.data();
    int32_t sum = cell_offsets_[cell_of_row_[row]];
    for (size_t b = 0; b < bytes_; ++b, sums += 256) sum += sums[code[b]];
    return -sum;
  }

  void prefetch(uint32_t row) const {
#if !defined(__wasm__)
    __builtin_prefetch(codes_.data() + row * bytes_);
    __builtin_prefetch(cell_of_row_.data() + row);
#else
    (void)row;
#endif
  }

 private:
  size_t bytes_;
  std::vector<uint16_t> sums_;  // [bytes, 256]
  std::span<const uint8_t> codes_;
  std::span<const uint32_t> cell_of_row_;
  std::span<const int32_t> cell_offsets_;
};

}  // namespace

std::vector<uint32_t> PagedGraph::missing_parts() const {
  std::vector<uint32_t> missing;
  if (graph_) return missing;
  for (uint32_t i = 0; i < raw_.size(); ++i) {
    if (raw_[i].size() != parts_[i].raw_bytes) missing.push_back(i);
  }
  return missing;
}

Result<void> PagedGraph::take_part(uint32_t number, std::span<const uint8_t> payload,
                                   uint32_t row_count) {
  raw_[number].assign(payload.begin(), payload.end());
  if (!missing_parts().empty()) return {};
  std::vector<uint8_t> whole;
  for (auto& part : raw_) {
    whole.insert(whole.end(), part.begin(), part.end());
    part = {};
  }
  ASSIGN_OR_RETURN(auto graph, HnswGraph::parse(whole, row_count));
  if (graph.rows() != row_count) {
    return corrupt("graph: has " + std::to_string(graph.rows()) + " rows, the cells " +
                   std::to_string(row_count));
  }
  graph_ = std::move(graph);
  return {};
}

void PagedGraph::take_cell(uint32_t cell, std::span<const uint8_t> groups, size_t first_bytes,
                           const CellDirectory& directory) {
  codes_.resize(size_t{directory.first_row.back()} * first_bytes);
  cell_of_row_.resize(directory.first_row.back());
  const uint32_t first = directory.first_row[cell];
  const uint32_t count = directory.first_row[cell + 1] - first;
  for (uint32_t row = 0; row < count; ++row) {
    const uint8_t* group = groups.data() + row / kScanGroup * kScanGroup * first_bytes;
    for (size_t b = 0; b < first_bytes; ++b) {
      codes_[(first + row) * first_bytes + b] = group[b * kScanGroup + row % kScanGroup];
    }
    cell_of_row_[first + row] = cell;
  }
}

std::vector<Neighbor> PagedGraph::search(const ScanTables& scan,
                                         std::span<const int32_t> cell_offsets, size_t count,
                                         size_t ef_search, RowFilter rows_allowed) {
  const TableDistance distance(scan, codes_, cell_of_row_, cell_offsets);
  return search_graph(*graph_, distance, count, ef_search, scratch_, rows_allowed);
}

}  // namespace sightline
