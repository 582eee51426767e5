#include "indexer/commands/export.h"

#include <cmath>

#include "indexer/base/file_io.h"
#include "indexer/bundle/opened_bundle.h"
#include "indexer/query/hit_json.h"

namespace sightline {
namespace {

// NumPy's format version 1.0: the header's length is such that the data begins at a multiple of 64.
std::vector<uint8_t> npy_header(uint64_t rows, uint32_t dim) {
  std::string description = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                            std::to_string(rows) + ", " + std::to_string(dim) + "), }";
  constexpr size_t kPreambleBytes = 10;
  const size_t unpadded = kPreambleBytes + description.size() + 1;
  description.append((64 - unpadded % 64) % 64, ' ');
  description += '\n';
  ByteWriter writer;
  writer.write_bytes(as_bytes("\x93NUMPY\x01"));
  writer.write(uint8_t{0});
  writer.write(static_cast<uint16_t>(description.size()));
  writer.write_bytes(as_bytes(description));
  return std::move(writer).take();
}

// The codes hold a row to within a few thousandths of its length.
void scale_to_unit(std::vector<float>& row) {
  double square = 0.0;
  for (const float value : row) square += double{value} * value;
  if (square == 0.0) return;
  for (float& value : row) value = static_cast<float>(value / std::sqrt(square));
}

}  // namespace

Result<int> run_export(const ExportOptions& options) {
  ASSIGN_OR_RETURN(auto bundle, OpenedBundle::open(options.bundle));
  RETURN_IF_ERROR(bundle.load_index());
  const Root& root = bundle.root();
  ByteWriter embeddings;
  embeddings.write_bytes(npy_header(root.live_image_count(), root.model.embedding_dim));
  std::string lines;
  for (uint32_t image = 0; image < root.image_count; ++image) {
    if (!bundle.searcher().is_live(image)) continue;
    ASSIGN_OR_RETURN(const auto record, bundle.record(image));
    lines += dump_json(record_json(root, record)) + "\n";
    ASSIGN_OR_RETURN(auto embedding, bundle.image_embedding(image));
    scale_to_unit(embedding);
    embeddings.write_array<float>(embedding);
  }
  RETURN_IF_ERROR(make_directories(options.out));
  RETURN_IF_ERROR(write_file_atomic(options.out + "/embeddings.npy", embeddings.bytes()));
  RETURN_IF_ERROR(write_file_atomic(options.out + "/metadata.jsonl", std::string_view(lines)));
  return 0;
}

}  // namespace sightline
