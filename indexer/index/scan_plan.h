#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "indexer/index/index_plan.h"
#include "native/vectors/query_aware_codes.h"
#include "native/vectors/top_k.h"

namespace sightline {

// A plan searched as a bundle made of it would be, for choosing how far searches go.

// Cells in the order a search opens them: [cells]. reach: of each cell.
std::vector<uint32_t> opening_order(std::span<const double> reach);

uint32_t cell_of(const CellDirectory& directory, uint32_t row);

// What the nibbles of a row's first tier add to its similarity, in the tables' unit.
int32_t scan_row(const ScanTables& scan, std::span<const uint8_t> first_tier);

// Offers all rows of a cell by their first tier. similarity: of the cell's centroid.
void scan_cell(const PagedPlan& plan, uint32_t cell, double similarity, const ScanTables& scan,
               TopK& best);

}  // namespace sightline
