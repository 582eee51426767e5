#include "indexer/increments/build_memory.h"

#include <algorithm>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/half.h"

namespace sightline {
namespace {

// Changes with what new rows must be coded by.
constexpr const char* kMemoryVersion = "build memory 4";

// Changes with what a base of images must keep.
constexpr uint32_t kImageMemoryVersion = 3;

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

BuildMemory write_vector_memory(const VectorMemory& memory) {
  ByteWriter facts;
  facts.write_bytes(memory.options);
  facts.write(memory.piece_rows);
  BuildMemory section{{memory.encoder}, std::move(facts).take()};
  section.objects.insert(section.objects.end(), memory.digests.begin(), memory.digests.end());
  return section;
}

Result<VectorMemory> read_vector_memory(const BuildMemory& section) {
  ByteReader reader(section.facts);
  VectorMemory memory;
  const auto digest = reader.take(memory.options.size());
  memory.piece_rows = reader.read<uint32_t>();
  if (!reader.ok() || memory.piece_rows == 0 || section.objects.empty()) {
    return corrupt("build memory: it is damaged");
  }
  std::copy(digest.begin(), digest.end(), memory.options.begin());
  memory.encoder = section.objects.front();
  memory.digests.assign(section.objects.begin() + 1, section.objects.end());
  return memory;
}

BuildMemory write_image_memory(const ImageMemory& memory) {
  ByteWriter facts;
  facts.write(kImageMemoryVersion);
  facts.write(memory.fitted_images);
  facts.write(memory.answered_images);
  facts.write(memory.answered_removed);
  return {{}, std::move(facts).take()};
}

Result<ImageMemory> read_image_memory(const BuildMemory& section) {
  ByteReader reader(section.facts);
  ImageMemory memory;
  if (section.facts.size() != sizeof(uint32_t) * 4 ||
      reader.read<uint32_t>() != kImageMemoryVersion) {
    return unsupported("another version of sightline made it");
  }
  memory.fitted_images = reader.read<uint32_t>();
  memory.answered_images = reader.read<uint32_t>();
  memory.answered_removed = reader.read<uint32_t>();
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
