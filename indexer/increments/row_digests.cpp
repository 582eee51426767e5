#include "indexer/increments/row_digests.h"

#include <algorithm>
#include <cstring>

#include "indexer/base/parallel.h"
#include "native/base/byte_writer.h"
#include "native/base/sha256.h"

namespace sightline {
namespace {

constexpr uint32_t kBlockRows = 1024;

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
  const size_t blocks = (size_t{rows.row_count} + kBlockRows - 1) / kBlockRows;
  std::vector<Result<void>> results(blocks);
  parallel_for(blocks, thread_count, [&](size_t block) {
    const auto first = static_cast<uint32_t>(block * kBlockRows);
    const uint32_t count = std::min(kBlockRows, rows.row_count - first);
    std::vector<float> vectors(size_t{count} * rows.dim);
    results[block] = rows.read(first, count, vectors);
    if (!results[block]) return;
    for (uint32_t i = 0; i < count; ++i) {
      const auto vector = std::span(vectors).subspan(size_t{i} * rows.dim, rows.dim);
      digests[first + i] = digest_row(vector, first + i, table);
    }
  });
  for (const auto& result : results) RETURN_IF_ERROR(result);
  return digests;
}

}  // namespace sightline
