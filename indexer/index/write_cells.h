#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/bundle/bundle_writer.h"
#include "indexer/index/facet_writer.h"
#include "indexer/index/index_plan.h"
#include "native/base/result.h"
#include "native/bundle/records.h"
#include "native/bundle/root.h"

namespace sightline {

using RecordOf = std::function<Result<ImageRecord>(uint32_t source_row)>;

// Writes the plan's cells and their pieces; its first row has the ordinal first_ordinal. record_of
// is asked in the order of the index. facets: null where rows have none.
Result<std::vector<ObjectRef>> write_cells(const PagedPlan& plan, uint32_t first_ordinal,
                                           const RecordOf& record_of, FacetWriter* facets,
                                           BundleWriter& writer, Progress& progress);

struct PagedParts {
  IndexInfo index;
  FacetInfo facets;
};

// Writes all of an index: its transform, cells, pieces and facets.
Result<PagedParts> write_paged_index(const PagedPlan& plan, const RecordOf& record_of,
                                     FacetWriter facets, BundleWriter& writer, Progress& progress);

}  // namespace sightline
