#include "indexer/publish/build_memory.h"

#include <algorithm>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/half.h"

namespace sightline {
namespace {

// Changes with what new rows must be coded by.
constexpr const char* kMemoryVersion = "build memory 3";

void write_halves(ByteWriter& writer, std::span<const float> values) {
  for (const float value : values) writer.write(float_to_half(value));
}

std::vector<float> read_halves(ByteReader& reader, size_t count) {
  std::vector<float> values;
  for (const uint16_t half : reader.read_array<uint16_t>(count)) {
    values.push_back(half_to_float(half));
  }
  return values;
}

}  // namespace

std::vector<uint8_t> write_build_memory(const BuildMemory& memory) {
  ByteWriter writer;
  writer.write_bytes(memory.options);
  writer.write(memory.piece_rows);
  write_object_parts(writer, memory.encoder);
  writer.write(static_cast<uint32_t>(memory.digests.size()));
  for (const auto& parts : memory.digests) write_object_parts(writer, parts);
  return std::move(writer).take();
}

Result<BuildMemory> read_build_memory(std::span<const uint8_t> bytes) {
  ByteReader reader(bytes);
  BuildMemory memory;
  const auto digest = reader.take(memory.options.size());
  if (!reader.ok()) return corrupt("build memory: it is damaged");
  std::copy(digest.begin(), digest.end(), memory.options.begin());
  memory.piece_rows = reader.read<uint32_t>();
  ASSIGN_OR_RETURN(memory.encoder, read_object_parts(reader, ObjectKind::kBase));
  const auto count = reader.read<uint32_t>();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    ASSIGN_OR_RETURN(auto parts, read_object_parts(reader, ObjectKind::kBase));
    memory.digests.push_back(std::move(parts));
  }
  if (!reader.ok() || memory.piece_rows == 0) return corrupt("build memory: it is damaged");
  return memory;
}

std::vector<uint8_t> write_image_memory(const ImageMemory& memory) {
  ByteWriter writer;
  writer.write(memory.fitted_images);
  writer.write(memory.answered_images);
  writer.write(memory.answered_removed);
  return std::move(writer).take();
}

Result<ImageMemory> read_image_memory(std::span<const uint8_t> bytes) {
  ByteReader reader(bytes);
  ImageMemory memory;
  memory.fitted_images = reader.read<uint32_t>();
  memory.answered_images = reader.read<uint32_t>();
  memory.answered_removed = reader.read<uint32_t>();
  if (!reader.ok() || reader.remaining() > 0) return corrupt("build memory: it is damaged");
  return memory;
}

std::vector<uint8_t> write_row_encoder(const PagedPlan& plan) {
  const size_t dim = plan.basis.codes.dim();
  const size_t components = plan.basis.codes.components();
  const size_t place_dim = plan.basis.to_places.size() / dim;
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(components));
  writer.write(static_cast<uint32_t>(dim));
  writer.write(static_cast<uint32_t>(place_dim));
  writer.write(static_cast<uint32_t>(plan.places.size() / place_dim));
  write_halves(writer, std::span(plan.basis.to_components).first(components * dim));
  write_halves(writer, plan.basis.to_places);
  write_halves(writer, plan.places);
  return std::move(writer).take();
}

Result<void> read_row_encoder(std::span<const uint8_t> payload, PagedPlan& plan) {
  ByteReader reader(payload);
  const size_t components = reader.read<uint32_t>();
  const size_t dim = reader.read<uint32_t>();
  const size_t place_dim = reader.read<uint32_t>();
  const size_t cells = reader.read<uint32_t>();
  if (components != plan.basis.codes.components() || dim != plan.basis.codes.dim() ||
      cells != plan.directory.cell_count() || place_dim == 0 || place_dim > dim) {
    return corrupt("build memory: its encoder is of another index");
  }
  plan.basis.to_components = read_halves(reader, components * dim);
  // Components without digits were left out.
  plan.basis.to_components.resize(dim * dim);
  plan.basis.to_places = read_halves(reader, place_dim * dim);
  plan.places = read_halves(reader, cells * place_dim);
  if (!reader.ok()) return corrupt("build memory: the bytes end inside the encoder");
  return {};
}

Sha256Digest digest_of_options(const PagedOptions& options, std::span<const uint8_t> queries,
                               uint32_t dim, std::span<const Column> columns) {
  ByteWriter writer;
  writer.write_string(kMemoryVersion);
  for (const double value :
       {options.fitting.image_share, options.fitting.isotropic_share, options.fitting.cluster_power,
        options.cells_per_root, options.probe_recall, options.first_recall,
        options.most_probe_recall, options.settled_recall, options.warm_recall}) {
    writer.write(value);
  }
  for (const uint32_t value :
       {options.fitting.cluster_components, options.fitting.row_bytes, options.fitting.first_bytes,
        options.min_cell_bytes, options.max_cell_bytes, options.centroid_components,
        options.piece_rows, options.max_files, options.sample_rows, options.sample_rows_per_cell,
        options.iterations, dim}) {
    writer.write(value);
  }
  writer.write(options.seed);
  for (const auto& column : columns) {
    writer.write_string(column.name);
    writer.write(static_cast<uint8_t>(column.type));
  }
  writer.write_bytes(queries);
  return sha256(writer.bytes());
}

}  // namespace sightline
