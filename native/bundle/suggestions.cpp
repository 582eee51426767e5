#include "native/bundle/suggestions.h"

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"

namespace sightline {

std::vector<uint8_t> write_suggestions(std::span<const std::string> phrases) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(phrases.size()));
  for (const auto& phrase : phrases) writer.write_string(phrase);
  return std::move(writer).take();
}

Result<std::vector<std::string>> parse_suggestions(std::span<const uint8_t> payload) {
  ByteReader reader(payload);
  const auto count = reader.read<uint32_t>();
  std::vector<std::string> phrases;
  for (uint32_t i = 0; i < count && reader.ok(); ++i) phrases.emplace_back(reader.read_string());
  if (!reader.ok()) return corrupt("suggestions: the bytes end inside a phrase");
  if (reader.remaining() > 0) return corrupt("suggestions: bytes follow the last phrase");
  return phrases;
}

}  // namespace sightline
