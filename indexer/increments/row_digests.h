#pragma once

#include <cstdint>
#include <vector>

#include "indexer/index/row_source.h"
#include "indexer/sources/record_file.h"
#include "native/base/result.h"

namespace sightline {

// What tells a row from one of the same image_id in another build: 8 bytes of the SHA-256 of its
// vector, record and facets: [row_count].
Result<std::vector<uint64_t>> digest_rows(const RowSource& rows, const RecordTable& table,
                                          unsigned thread_count);

}  // namespace sightline
