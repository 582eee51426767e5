#include "indexer/packing/pack_text_encoder.h"

#include <algorithm>
#include <set>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/models/clip_towers.h"
#include "indexer/models/model_registry.h"
#include "indexer/models/tokenizer_files.h"
#include "indexer/packing/clip_text_graph.h"
#include "indexer/packing/matrix_choice.h"
#include "indexer/phrases/phrases.h"
#include "native/clip/text_tower_bytes.h"

namespace sightline {
namespace {

// Part of the cache's names: raise it when the same model would be packed to other bytes.
constexpr const char* kPackVersion = "1";
constexpr const char* kInfoName = "text_encoder.bin";
constexpr const char* kReportName = "text_encoder.json";
constexpr size_t kMaxInfoBytes = 1 << 20;
constexpr size_t kSampleCount = 32;
// How many of the samples ONNX Runtime embeds too, and how near it must come.
constexpr size_t kComparedCount = 12;
constexpr double kLeastLikeness = 0.9999;
// One fetch brings rows for this many bytes or a few more.
constexpr uint32_t kChunkBytes = 16u << 10;

Result<std::vector<std::vector<uint32_t>>> sample_texts(const Tokenizer& tokenizer,
                                                        const TextTowerShape& shape) {
  ASSIGN_OR_RETURN(const auto list, open_phrase_list("streets"));
  auto phrases = query_phrases(list, {});
  phrases.resize(std::min(phrases.size(), kSampleCount));
  std::vector<std::vector<uint32_t>> texts;
  for (const auto& phrase : phrases) {
    ASSIGN_OR_RETURN(const auto ids, tokenizer.encode(phrase));
    ASSIGN_OR_RETURN(const auto meaningful, meaningful_ids(shape, ids));
    texts.emplace_back(meaningful.begin(), meaningful.end());
  }
  return texts;
}

// What a graph does not show: that attention is causal, scaled and pooled as CLIP does it.
Result<void> compare_with_onnxruntime(const ClipTextWeights& tower, const ModelFile& file,
                                      const std::vector<std::vector<uint32_t>>& texts) {
  ASSIGN_OR_RETURN(const auto oracle, TextTower::load(file, tower.shape.context_length,
                                                      tower.shape.end_id, {Device::kCpu, 0}));
  std::vector<const TextTowerLayer*> layers;
  for (const auto& layer : tower.layers) layers.push_back(&layer);
  const TextTowerRun run{tower.shape, tower.ends, layers};
  for (size_t i = 0; i < std::min(kComparedCount, texts.size()); ++i) {
    std::vector<float> rows;
    for (const uint32_t id : texts[i]) {
      const auto row =
          tower.token_table.begin() + static_cast<ptrdiff_t>(size_t{id} * tower.shape.width);
      rows.insert(rows.end(), row, row + tower.shape.width);
    }
    ASSIGN_OR_RETURN(const auto found, run.embed(rows));
    std::vector<float> expected;
    RETURN_IF_ERROR(oracle.append_embedding(texts[i], expected));
    double cosine = 0;
    for (size_t d = 0; d < std::min(found.size(), expected.size()); ++d) {
      cosine += double{found[d]} * expected[d];
    }
    if (cosine >= kLeastLikeness) continue;
    return model_error(file.path + ": no CLIP text tower: run as one, its embeddings have cosine " +
                       std::to_string(cosine) + " to those of ONNX Runtime, expected " +
                       std::to_string(kLeastLikeness) +
                       " or more; is its attention causal and its pooling at the end token?");
  }
  return {};
}

uint32_t head_count_of_config(const ModelFolder& folder) {
  const auto text = read_text_file(folder.path + "/config.json", 1 << 20);
  if (!text) return 0;
  const auto config = parse_json(*text);
  const JsonValue* tower = config ? config->find("text_config") : nullptr;
  const auto heads = tower ? tower->int_at("num_attention_heads") : std::nullopt;
  return static_cast<uint32_t>(std::clamp<int64_t>(heads.value_or(0), 0, 4096));
}

Result<ClipTextWeights> read_tower(const ModelFolder& folder, const Tokenizer& tokenizer) {
  const std::string& path = folder.clip.text.path;
  ASSIGN_OR_RETURN(const auto file, read_model_file(folder.clip.text));
  ASSIGN_OR_RETURN(auto tower,
                   read_clip_text_graph(file.bytes, path, head_count_of_config(folder)));
  TextTowerShape& shape = tower.shape;
  shape.end_id = tokenizer.end_id();
  if (shape.token_count < tokenizer.token_count() ||
      shape.context_length < tokenizer.context_length()) {
    return model_error(path + ": it knows " + std::to_string(shape.token_count) + " tokens and " +
                       std::to_string(shape.context_length) + " places, its tokenizer gives " +
                       std::to_string(tokenizer.token_count()) + " and " +
                       std::to_string(tokenizer.context_length()));
  }
  const auto readable = parse_text_shape(write_text_shape(shape));
  if (readable) return tower;
  return model_error(path + ": it cannot be packed: " + readable.error().message +
                     "; widths must be multiples of " + std::to_string(kMatrixBlock));
}

// Adds an object unless one with the same bytes is there.
ObjectRef add_object(PackedEncoder& encoder, ObjectKind kind, std::span<const uint8_t> raw) {
  auto object = pack_object(kind, raw);
  const ObjectRef ref = object.ref;
  const bool is_known = std::any_of(encoder.objects.begin(), encoder.objects.end(),
                                    [&](const PackedObject& other) { return other.ref == ref; });
  if (!is_known) encoder.objects.push_back(std::move(object));
  return ref;
}

// Ids are ranks of how often a pair was merged: consecutive ones are alike in frequency.
void add_tokens(const ClipTextWeights& tower, PackedEncoder& encoder) {
  const uint32_t width = tower.shape.width;
  const uint32_t row_bytes = width + 4;
  encoder.info.tokens_per_chunk = (kChunkBytes + row_bytes - 1) / row_bytes;
  ObjectParts chunks;
  for (size_t begin = 0; begin < tower.shape.token_count; begin += encoder.info.tokens_per_chunk) {
    const size_t count =
        std::min<size_t>(encoder.info.tokens_per_chunk, tower.shape.token_count - begin);
    const auto rows = std::span(tower.token_table).subspan(begin * width, count * width);
    chunks.push_back(
        add_object(encoder, ObjectKind::kTokens, write_token_rows(pack_token_rows(rows, width))));
  }
  encoder.info.directory = add_object(encoder, ObjectKind::kTokens, write_token_directory(chunks));
}

}  // namespace

Result<PackedEncoder> pack_text_encoder(const ModelFolder& folder) {
  ASSIGN_OR_RETURN(const auto tokenizer, load_tokenizer(folder.path));
  ASSIGN_OR_RETURN(const auto tower, read_tower(folder, tokenizer));
  ASSIGN_OR_RETURN(const auto texts, sample_texts(tokenizer, tower.shape));
  RETURN_IF_ERROR(compare_with_onnxruntime(tower, folder.clip.text, texts));
  ASSIGN_OR_RETURN(const auto packed, choose_matrices(tower, texts, kLeastCosine, kMostLayerBytes));
  PackedEncoder encoder;
  encoder.mean_cosine = packed.mean_cosine;
  encoder.matrix_count = packed.matrix_count;
  encoder.eight_bit_count = packed.eight_bit_count;
  encoder.info.shape = write_text_shape(tower.shape);
  for (const auto& layer : packed.layers) {
    encoder.info.layers.push_back(
        add_object(encoder, ObjectKind::kTextLayer, write_text_layer(layer)));
  }
  encoder.info.ends = add_object(encoder, ObjectKind::kTextLayer, write_text_ends(packed.ends));
  add_tokens(tower, encoder);
  return encoder;
}

Result<void> write_packed_encoder_folder(const PackedEncoder& encoder, const std::string& folder) {
  std::set<std::string> made;
  for (const auto& object : encoder.objects) {
    const std::string path = folder + "/" + object_name(object.ref);
    const std::string parent = path.substr(0, path.rfind('/'));
    if (made.insert(parent).second) RETURN_IF_ERROR(make_directories(parent));
    RETURN_IF_ERROR(write_file_atomic(path, object.stored));
  }
  const JsonValue report{{"mean_cosine", encoder.mean_cosine},
                         {"matrices", encoder.matrix_count},
                         {"eight_bit_matrices", encoder.eight_bit_count}};
  RETURN_IF_ERROR(
      write_file_atomic(folder + "/" + kReportName, std::string_view(dump_json(report) + "\n")));
  return write_file_atomic(folder + "/" + kInfoName, write_packed_encoder(encoder.info));
}

Result<PackedEncoder> read_packed_encoder_folder(const std::string& folder) {
  PackedEncoder encoder;
  ASSIGN_OR_RETURN(const auto bytes, read_file(folder + "/" + kInfoName, kMaxInfoBytes));
  ByteReader reader(bytes);
  ASSIGN_OR_RETURN(encoder.info, parse_packed_encoder(reader));
  ASSIGN_OR_RETURN(const auto text, read_text_file(folder + "/" + kReportName, kMaxInfoBytes));
  ASSIGN_OR_RETURN(const auto report, parse_json(text));
  encoder.mean_cosine = report.double_at("mean_cosine").value_or(0);
  encoder.matrix_count = static_cast<uint32_t>(report.int_at("matrices").value_or(0));
  encoder.eight_bit_count = static_cast<uint32_t>(report.int_at("eight_bit_matrices").value_or(0));
  ASSIGN_OR_RETURN(const auto shape, parse_text_shape(encoder.info.shape));
  ASSIGN_OR_RETURN(auto loaded, PackedTextEncoder::open(encoder.info, shape.embedding_dim));
  std::set<Sha256Digest> read;
  for (int round = 0; round < 2; ++round) {  // the chunks are known after the directory
    for (const auto& ref : loaded.all_objects()) {
      if (!read.insert(ref.sha256).second) continue;
      ASSIGN_OR_RETURN(auto stored, read_file(folder + "/" + object_name(ref), ref.stored_bytes));
      RETURN_IF_ERROR(loaded.add_object(ref, stored));
      encoder.objects.push_back({ref, std::move(stored)});
    }
  }
  std::rotate(encoder.objects.begin(), encoder.objects.begin() + 1, encoder.objects.end());
  return encoder;
}

Result<PackedEncoder> packed_text_encoder(const ModelFolder& folder) {
  const std::string models = user_models_folder();
  if (models.empty()) return pack_text_encoder(folder);
  ASSIGN_OR_RETURN(const auto digest, sha256_file(folder.clip.text.path));
  const std::string kept = models + "/.packed/" + to_hex(digest) + "-" + kPackVersion;
  if (auto encoder = read_packed_encoder_folder(kept)) return encoder;
  ASSIGN_OR_RETURN(auto encoder, pack_text_encoder(folder));
  // A cache that cannot be written costs time, nothing else.
  static_cast<void>(make_directories(kept) && write_packed_encoder_folder(encoder, kept));
  return encoder;
}

}  // namespace sightline
