#include "indexer/index/scan_plan.h"

#include <algorithm>
#include <numeric>

namespace sightline {

std::vector<uint32_t> opening_order(std::span<const double> reach) {
  std::vector<uint32_t> order(reach.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return reach[a] > reach[b]; });
  return order;
}

uint32_t cell_of(const CellDirectory& directory, uint32_t row) {
  const auto after = std::upper_bound(directory.first_row.begin(), directory.first_row.end(), row);
  return static_cast<uint32_t>(after - directory.first_row.begin()) - 1;
}

int32_t scan_row(const ScanTables& scan, std::span<const uint8_t> first_tier) {
  int32_t sum = 0;
  const uint8_t* table = scan.tables.data();
  for (const uint8_t byte : first_tier) {
    sum += table[byte & 15] + table[16 + (byte >> 4)];
    table += 32;
  }
  return sum;
}

void scan_cell(const PagedPlan& plan, uint32_t cell, double similarity, const ScanTables& scan,
               TopK& best) {
  const auto& codes = plan.basis.codes;
  const int32_t offset = scan_offset(similarity, scan);
  const auto& first_row = plan.directory.first_row;
  for (uint32_t row = first_row[cell]; row < first_row[cell + 1]; ++row) {
    const auto first_tier =
        std::span(plan.codes).subspan(row * codes.row_bytes(), codes.first_bytes());
    best.offer(-(offset + scan_row(scan, first_tier)), row);
  }
}

}  // namespace sightline
