#pragma once

#include <cstdint>
#include <vector>

#include "native/base/result.h"

namespace sightline {

class HeldOutTruth;
struct PagedPlan;

// Cells that hold `share` of the nearest 10, 20, 40, ... 1,280 rows of held-out queries, by the
// first tier of the codes: [kReachCount].
Result<std::vector<uint32_t>> measure_reach(const HeldOutTruth& truth, const PagedPlan& plan,
                                            double share, unsigned thread_count);

}  // namespace sightline
