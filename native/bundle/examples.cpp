#include "native/bundle/examples.h"

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"

namespace sightline {

std::vector<uint8_t> write_examples(std::span<const ExampleQuery> examples, uint32_t dim) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(examples.size()));
  writer.write(dim);
  for (const auto& example : examples) {
    writer.write_string(example.text);
    writer.write_array<float>(example.embedding);
  }
  return std::move(writer).take();
}

Result<std::vector<ExampleQuery>> parse_examples(std::span<const uint8_t> payload, uint32_t dim) {
  ByteReader reader(payload);
  const auto count = reader.read<uint32_t>();
  const auto found_dim = reader.read<uint32_t>();
  if (reader.ok() && found_dim != dim) {
    return corrupt("examples: " + std::to_string(found_dim) + " dimensions, the model has " +
                   std::to_string(dim));
  }
  std::vector<ExampleQuery> examples;
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    ExampleQuery& example = examples.emplace_back();
    example.text = reader.read_string();
    example.embedding = reader.read_array<float>(dim);
  }
  if (!reader.ok()) return corrupt("examples: the bytes end inside an example");
  if (reader.remaining() > 0) return corrupt("examples: bytes follow the last example");
  return examples;
}

}  // namespace sightline
