#include "native/bundle/cell_deltas.h"

#include <string>

namespace sightline {
namespace {

constexpr uint32_t kMaxRows = 1u << 31;
constexpr uint8_t kLongGap = 255;  // of a removed row to the one before; more bytes follow

Error damaged(const char* what, uint64_t found, uint64_t expected) {
  return corrupt("deltas: " + std::to_string(found) + " " + what + ", expected " +
                 std::to_string(expected));
}

}  // namespace

uint32_t CellDeltas::Delta::row_count() const {
  uint32_t total = 0;
  for (const auto& run : runs) total += run.row_count;
  return total;
}

uint32_t CellDeltas::row_count() const {
  uint32_t total = 0;
  for (const auto& generation : generations) total += generation.row_count;
  return total;
}

std::vector<uint8_t> write_cell_deltas(const CellDeltas& deltas) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(deltas.generations.size()));
  for (const auto& generation : deltas.generations) {
    writer.write(generation.row_count);
    write_object_parts(writer, generation.columns);
    write_object_parts(writer, generation.image_ids);
  }
  writer.write(static_cast<uint32_t>(deltas.deltas.size()));
  for (const auto& delta : deltas.deltas) {
    write_object_ref(writer, delta.ref);
    writer.write(static_cast<uint32_t>(delta.runs.size()));
  }
  for (const auto& delta : deltas.deltas) {
    for (const auto& run : delta.runs) writer.write(run.cell);
  }
  for (const auto& delta : deltas.deltas) {
    for (const auto& run : delta.runs) writer.write(run.row_count);
  }
  writer.write(static_cast<uint32_t>(deltas.removed.size()));
  uint32_t next = 0;
  for (const uint32_t row : deltas.removed) {
    uint32_t gap = row - next;
    for (; gap >= kLongGap; gap -= kLongGap) writer.write(kLongGap);
    writer.write(static_cast<uint8_t>(gap));
    next = row + 1;
  }
  return std::move(writer).take();
}

Result<CellDeltas> read_cell_deltas(ByteReader& reader) {
  CellDeltas result;
  const auto generation_count = reader.read<uint32_t>();
  for (uint32_t i = 0; i < generation_count && reader.ok(); ++i) {
    auto& generation = result.generations.emplace_back();
    generation.row_count = reader.read<uint32_t>();
    ASSIGN_OR_RETURN(generation.columns, read_object_parts(reader, ObjectKind::kColumns));
    ASSIGN_OR_RETURN(generation.image_ids, read_object_parts(reader, ObjectKind::kImageIds));
  }
  const auto delta_count = reader.read<uint32_t>();
  uint64_t run_count = 0;
  for (uint32_t i = 0; i < delta_count && reader.ok(); ++i) {
    auto& delta = result.deltas.emplace_back();
    ASSIGN_OR_RETURN(delta.ref, read_object_ref(reader, ObjectKind::kCell));
    const auto runs = reader.read<uint32_t>();
    run_count += runs;
    if (run_count > reader.remaining() / 8) {
      return damaged("runs, at most as many as fit", run_count, reader.remaining() / 8);
    }
    delta.runs.resize(runs);
  }
  for (auto& delta : result.deltas) {
    for (auto& run : delta.runs) run.cell = reader.read<uint32_t>();
  }
  for (auto& delta : result.deltas) {
    for (auto& run : delta.runs) run.row_count = reader.read<uint32_t>();
  }
  const auto removed_count = reader.read<uint32_t>();
  if (!reader.ok() || removed_count > reader.remaining()) {
    return damaged("removed rows, at most as many as fit", removed_count, reader.remaining());
  }
  result.removed.reserve(removed_count);
  uint64_t next = 0;
  for (uint32_t i = 0; i < removed_count && reader.ok(); ++i) {
    uint8_t gap = kLongGap;
    while (gap == kLongGap && reader.ok()) next += gap = reader.read<uint8_t>();
    if (next >= kMaxRows) return damaged("is a removed row, less", next, kMaxRows);
    result.removed.push_back(static_cast<uint32_t>(next++));
  }
  if (!reader.ok()) {
    return damaged("removed rows, as many as are named", result.removed.size(), removed_count);
  }
  return result;
}

Result<void> check_cell_deltas(const CellDeltas& deltas, uint64_t base_rows, size_t cell_count) {
  uint64_t generation_rows = 0;
  for (const auto& generation : deltas.generations) {
    generation_rows += generation.row_count;
    uint64_t id_bytes = 0;
    for (const auto& part : generation.image_ids) id_bytes += part.raw_bytes;
    const uint64_t expected = uint64_t{generation.row_count} * 12;
    if (expected == 0 || id_bytes != expected) {
      return damaged("bytes of the image ids of a generation", id_bytes, expected);
    }
  }
  uint64_t delta_rows = 0;
  for (const auto& delta : deltas.deltas) {
    if (delta.runs.empty()) return damaged("runs of a delta", 0, 1);
    for (const auto& run : delta.runs) {
      delta_rows += run.row_count;
      if (run.cell >= cell_count) return damaged("is a run's cell, less", run.cell, cell_count);
      if (run.row_count == 0) return damaged("rows of a run", 0, 1);
    }
  }
  const uint64_t rows = base_rows + delta_rows;
  if (delta_rows != generation_rows) {
    return damaged("rows, as their generations hold", delta_rows, generation_rows);
  }
  if (rows > kMaxRows) return damaged("rows with the index, at most", rows, kMaxRows);
  if (!deltas.removed.empty() && deltas.removed.back() >= rows) {
    return damaged("is a removed row, less", deltas.removed.back(), rows);
  }
  return {};
}

}  // namespace sightline
