#include "indexer/packing/clip_text_graph.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "indexer/models/clip_towers.h"
#include "indexer/models/model_folder.h"
#include "indexer/models/tokenizer_files.h"
#include "tests/indexer/models/text_sentences.h"

using namespace sightline;

namespace {

const std::string kStreets = SIGHTLINE_SOURCE_DIR "/datasets/streets/models/streets-clip";

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

ClipTextWeights read_streets() {
  const auto file = read_model_file({kStreets + "/onnx/text_model.onnx", "", "", ""});
  REQUIRE(file);
  auto tower = read_clip_text_graph(file->bytes, "streets", 0);
  INFO((tower ? "" : tower.error().message));
  REQUIRE(tower);
  return std::move(*tower);
}

}  // namespace

TEST_CASE("the text tower is read out of its graph by the parts its weights play", "[text_tower]") {
  const auto tower = read_streets();
  CHECK(tower.shape.width == 192);
  CHECK(tower.shape.layer_count == 3);
  CHECK(tower.shape.head_count == 6);
  CHECK(tower.shape.hidden_width == 768);
  CHECK(tower.shape.embedding_dim == 256);
  CHECK(tower.shape.token_count == 1123);
  CHECK(tower.shape.context_length == 32);
  CHECK(tower.shape.activation == Activation::kGelu);
  CHECK(tower.shape.norm_epsilon == 1e-5f);
}

TEST_CASE("the tower of the core gives what ONNX Runtime gives, for 1,000 texts", "[text_tower]") {
  auto tower = read_streets();
  const auto tokenizer = load_tokenizer(kStreets);
  REQUIRE(tokenizer);
  tower.shape.end_id = tokenizer->end_id();
  const auto oracle =
      TextTower::load({kStreets + "/onnx/text_model.onnx", "", "", ""}, tokenizer->context_length(),
                      tokenizer->end_id(), {Device::kCpu, 1});
  REQUIRE(oracle);
  std::vector<const TextTowerLayer*> layers;
  for (const auto& layer : tower.layers) layers.push_back(&layer);
  const TextTowerRun run{tower.shape, tower.ends, layers};
  double least = 1;
  for (const auto& text : thousand_texts()) {
    const auto ids = tokenizer->encode(text);
    REQUIRE(ids);
    const auto meaningful = meaningful_ids(tower.shape, *ids);
    REQUIRE(meaningful);
    std::vector<float> rows;
    for (const uint32_t id : *meaningful) {
      const auto row =
          tower.token_table.begin() + static_cast<ptrdiff_t>(size_t{id} * tower.shape.width);
      rows.insert(rows.end(), row, row + tower.shape.width);
    }
    const auto embedding = run.embed(rows);
    REQUIRE(embedding);
    std::vector<float> expected;
    REQUIRE(oracle->append_embedding(*ids, expected));
    least = std::min(least, dot(*embedding, expected));
  }
  INFO("least cosine 1 - " << 1 - least);
  CHECK(least >= 0.99999);
  std::printf("least cosine to ONNX Runtime over 1,000 texts: 1 - %.2e\n", 1 - least);
}
