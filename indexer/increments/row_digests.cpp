#include "indexer/increments/row_digests.h"

#include <cstring>

#include "native/base/byte_writer.h"
#include "native/base/sha256.h"

namespace sightline {
namespace {

uint64_t digest_row(std::span<const float> vector, uint32_t row, const RecordTable& table) {
  ByteWriter writer;
  writer.write_array(vector);
  writer.write_bytes(write_records_piece({&table.records[row], 1}));
  for (const auto& column : table.columns) {
    if (!column.codes.empty()) writer.write_string(column.values[column.codes[row]]);
    if (!column.numbers.empty()) writer.write(column.numbers[row]);
  }
  const auto digest = sha256(writer.bytes());
  uint64_t value = 0;
  std::memcpy(&value, digest.data(), sizeof value);
  return value;
}

}  // namespace

Result<std::vector<uint64_t>> digest_rows(const RowSource& rows, const RecordTable& table,
                                          unsigned thread_count) {
  std::vector<uint64_t> digests(rows.row_count);
  RETURN_IF_ERROR(for_blocks(rows, thread_count, [&](uint32_t first, auto vectors) {
    for (uint32_t row = first; !vectors.empty(); ++row, vectors = vectors.subspan(rows.dim)) {
      digests[row] = digest_row(vectors.first(rows.dim), row, table);
    }
  }));
  return digests;
}

}  // namespace sightline
