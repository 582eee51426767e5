#pragma once

#include "indexer/base/progress.h"
#include "indexer/bundle/bundle_writer.h"
#include "indexer/increments/base_bundle.h"
#include "indexer/index/row_source.h"
#include "indexer/sources/record_file.h"
#include "native/base/result.h"
#include "native/bundle/root.h"

namespace sightline {

// Columns of some of the rows, in that order; only values that occur among them.
std::vector<Column> columns_of_rows(std::span<const Column> columns,
                                    std::span<const uint32_t> source_rows);

// Bytes of the names that root.facets would hold for deltas alone, with the changes. columns: of
// all rows, those of the base among them.
size_t added_name_bytes(const BaseBundle& base, const BaseChanges& changes,
                        std::span<const Column> columns);

// The base's root with the changes: writes the added rows as deltas beside its cells. digests: of
// all rows. A function of its arguments but for the number of threads.
Result<Root> write_deltas(const BaseBundle& base, const BaseChanges& changes, const RowSource& rows,
                          const RecordTable& table, std::span<const uint64_t> digests,
                          unsigned thread_count, BundleWriter& writer, Progress& progress);

}  // namespace sightline
