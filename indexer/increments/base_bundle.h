#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "indexer/increments/build_memory.h"
#include "indexer/index/index_plan.h"
#include "native/base/result.h"
#include "native/bundle/image_ids.h"
#include "native/bundle/root.h"

namespace sightline {

// A paged bundle that a build continues.
struct BaseBundle {
  Root root;
  VectorMemory memory;
  PagedPlan plan;  // basis, cells and places; no rows
  size_t file_count = 0;
  // Of the cells' rows, then of each generation of deltas: ids and digests by ordinal in it.
  struct Table {
    uint32_t first_ordinal = 0;
    ImageIdTable ids;
    std::vector<uint64_t> digests;
  };
  std::vector<Table> tables;
  // Of each category of root.facets, its values: those of the cells, then those that deltas added.
  std::vector<std::vector<std::string>> facet_values;

  // kNotFound: there is no bundle. Other errors say why what is there cannot be continued.
  static Result<BaseBundle> open(const std::string& bundle_path);
};

// What differs between a base and the rows of now.
struct BaseChanges {
  size_t kept_generations = 0;    // of deltas; rows of the others count as added
  std::vector<uint32_t> removed;  // ordinals, ascending; those removed before among them
  std::vector<uint32_t> added;    // source rows, ascending
  bool any = false;

  // Rows that are not as the base's cells have them, per row of the cells.
  double share(const BaseBundle& base) const;
};

// ids and digests: of the rows of now, in the source's order.
// kInvalidArgument: two image_ids share their key.
Result<BaseChanges> compare_with_base(const BaseBundle& base, std::span<const std::string> ids,
                                      std::span<const uint64_t> digests);

}  // namespace sightline
