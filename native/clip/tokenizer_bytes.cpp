#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/clip/tokenizer.h"

namespace sightline {
namespace {

constexpr uint32_t kLayoutVersion = 1;
constexpr uint32_t kMaxContextLength = 4096;

}  // namespace

std::vector<uint8_t> Tokenizer::serialize() const {
  const auto& merges = merges_.in_order();
  ByteWriter writer;
  for (const uint32_t field : {kLayoutVersion, token_count_, start_id_, end_id_, context_length_,
                               static_cast<uint32_t>(merges.size())}) {
    writer.write(field);
  }
  writer.write_array(std::span<const uint32_t>(inner_ids_));
  writer.write_array(std::span<const uint32_t>(final_ids_));
  for (const BytePairMerge& merge : merges) writer.write(merge.left);
  for (const BytePairMerge& merge : merges) writer.write(merge.right);
  uint32_t previous = 0;
  for (const BytePairMerge& merge : merges) {
    writer.write(merge.result - previous);
    previous = merge.result;
  }
  return std::move(writer).take();
}

Result<Tokenizer> Tokenizer::parse(std::span<const uint8_t> bytes) {
  ByteReader reader(bytes);
  Tokenizer tokenizer;
  const auto version = reader.read<uint32_t>();
  if (reader.ok() && version != kLayoutVersion) {
    return unsupported("the tokenizer has layout " + std::to_string(version) +
                       ", this build reads layout " + std::to_string(kLayoutVersion));
  }
  tokenizer.token_count_ = reader.read<uint32_t>();
  tokenizer.start_id_ = reader.read<uint32_t>();
  tokenizer.end_id_ = reader.read<uint32_t>();
  tokenizer.context_length_ = reader.read<uint32_t>();
  const auto merge_count = reader.read<uint32_t>();
  for (uint32_t& id : tokenizer.inner_ids_) id = reader.read<uint32_t>();
  for (uint32_t& id : tokenizer.final_ids_) id = reader.read<uint32_t>();
  const auto lefts = reader.read_array<uint32_t>(merge_count);
  const auto rights = reader.read_array<uint32_t>(merge_count);
  const auto result_steps = reader.read_array<uint32_t>(merge_count);
  if (!reader.ok() || reader.remaining() != 0) {
    return corrupt("the tokenizer has " + std::to_string(bytes.size()) + " bytes, which its " +
                   std::to_string(merge_count) + " merges do not account for");
  }
  std::vector<BytePairMerge> merges(merge_count);
  uint32_t result = 0;
  for (uint32_t i = 0; i < merge_count; ++i) {
    result += result_steps[i];
    merges[i] = {lefts[i], rights[i], result};
  }
  tokenizer.merges_ = BytePairMerges(std::move(merges));
  RETURN_IF_ERROR(tokenizer.check());
  return tokenizer;
}

Result<void> Tokenizer::check() const {
  if (context_length_ < 2 || context_length_ > kMaxContextLength) {
    return corrupt("the tokenizer's context length is " + std::to_string(context_length_) +
                   ", expected 2 to " + std::to_string(kMaxContextLength));
  }
  const auto known = [&](uint32_t id) { return id < token_count_; };
  bool all_known = known(start_id_) && known(end_id_);
  for (const uint32_t id : inner_ids_) all_known = all_known && known(id);
  for (const uint32_t id : final_ids_) all_known = all_known && known(id);
  for (const auto& [left, right, result] : merges_.in_order()) {
    all_known = all_known && known(left) && known(right) && known(result);
  }
  if (all_known) return {};
  return corrupt("the tokenizer uses an id that is not below its " + std::to_string(token_count_) +
                 " tokens");
}

}  // namespace sightline
