#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "indexer/index/index_plan.h"
#include "indexer/index/plan_cells.h"
#include "native/base/result.h"

namespace sightline {

// Plans, finished and not, as a BuildCheckpoint keeps them: nothing is rounded. The bytes are as
// large as the plan. Reading is kCorrupt where they do not hold one of so many rows.
std::vector<uint8_t> write_plan(const PagedPlan& plan);
Result<PagedPlan> read_plan(std::span<const uint8_t> payload, uint32_t row_count);

std::vector<uint8_t> write_planned_cells(const PlannedCells& planned);
Result<PlannedCells> read_planned_cells(std::span<const uint8_t> payload, uint32_t row_count);

}  // namespace sightline
