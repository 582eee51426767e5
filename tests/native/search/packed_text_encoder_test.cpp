#include "native/search/packed_text_encoder.h"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "native/bundle/object.h"
#include "tests/native/clip/small_tower.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

// A packed encoder as a bundle holds it.
struct PublishedTower {
  PackedEncoderInfo info;
  std::map<std::string, std::vector<uint8_t>> files;  // by object name, as stored
  std::map<std::string, std::vector<uint8_t>> raw;    // by object name

  ObjectRef add(ObjectKind kind, const std::vector<uint8_t>& bytes) {
    auto object = pack_object(kind, bytes);
    files[object_name(object.ref)] = std::move(object.stored);
    raw[object_name(object.ref)] = bytes;
    return object.ref;
  }
};

PublishedTower publish(SmallTower& tower) {
  pack_layers(tower, WeightFormat::kFourBit);
  PublishedTower published;
  PackedEncoderInfo& info = published.info;
  info.shape = write_text_shape(tower.shape);
  info.ends = published.add(ObjectKind::kTextLayer, write_text_ends(tower.ends));
  for (const auto& layer : tower.layers) {
    info.layers.push_back(published.add(ObjectKind::kTextLayer, write_text_layer(layer)));
  }
  info.tokens_per_chunk = 32;
  ObjectParts chunks;
  for (size_t begin = 0; begin < tower.shape.token_count; begin += info.tokens_per_chunk) {
    const size_t count = std::min<size_t>(info.tokens_per_chunk, tower.shape.token_count - begin);
    const auto rows =
        std::span(tower.token_table).subspan(begin * tower.shape.width, count * tower.shape.width);
    chunks.push_back(published.add(ObjectKind::kTokens,
                                   write_token_rows(pack_token_rows(rows, tower.shape.width))));
  }
  info.directory = published.add(ObjectKind::kTokens, write_token_directory(chunks));
  return published;
}

Result<void> add_all(PackedTextEncoder& encoder, const PublishedTower& published,
                     const std::vector<ObjectRef>& refs) {
  for (const auto& ref : refs) {
    RETURN_IF_ERROR(encoder.add_object(ref, published.files.at(object_name(ref))));
  }
  return {};
}

PackedTextEncoder open(const PublishedTower& published, uint32_t dim) {
  auto encoder = PackedTextEncoder::open(published.info, dim);
  REQUIRE(encoder);
  return std::move(*encoder);
}

// Adds everything; the error of the first object that is refused, or of a text.
Result<void> try_everything(const PackedEncoderInfo& info, uint32_t dim,
                            const std::map<std::string, std::vector<uint8_t>>& files,
                            std::span<const uint32_t> ids) {
  ASSIGN_OR_RETURN(auto encoder, PackedTextEncoder::open(info, dim));
  for (int round = 0; round < 2; ++round) {
    for (const auto& ref : encoder.all_objects()) {
      const auto file = files.find(object_name(ref));
      if (file == files.end()) return not_found(object_name(ref));
      RETURN_IF_ERROR(encoder.add_object(ref, file->second));
    }
  }
  ASSIGN_OR_RETURN(const auto embedding, encoder.encode(ids));
  for (const float value : embedding) REQUIRE(value * value <= 1.0001f);
  return {};
}

}  // namespace

TEST_CASE("a text needs the layers and only the chunks of its tokens", "[text_tower]") {
  SmallTower tower;
  const auto published = publish(tower);
  auto encoder = open(published, tower.shape.embedding_dim);
  const std::vector<uint32_t> ids = {3, 5, 70, 3, tower.shape.end_id};

  auto missing = encoder.missing_objects(ids);
  REQUIRE(missing);
  CHECK(missing->front() == published.info.directory);
  CHECK(missing->size() == 2 + tower.shape.layer_count);
  CHECK(encoder.encode(ids).error().code == ErrorCode::kNotFound);
  REQUIRE(add_all(encoder, published, *missing));
  CHECK(encoder.missing_objects().empty());

  missing = encoder.missing_objects(ids);
  REQUIRE(missing);
  CHECK(missing->size() == 3);  // tokens 0..31, 64..95 and 288..299
  REQUIRE(add_all(encoder, published, *missing));
  const auto embedding = encoder.encode(ids);
  REQUIRE(embedding);
  REQUIRE(embedding->size() == tower.shape.embedding_dim);
  double squares = 0;
  for (const float value : *embedding) {
    squares += double{value} * value;
    CHECK(value == static_cast<float>(std::lround(value * 32767.0)) / 32767.0f);
  }
  CHECK(squares == Approx(1).margin(1e-3));
  CHECK(encoder.all_objects().size() == 2 + tower.shape.layer_count + 10);
}

TEST_CASE("the shape must be the bundle's", "[text_tower]") {
  SmallTower tower;
  auto published = publish(tower);
  CHECK(PackedTextEncoder::open(published.info, 41).error().message ==
        "text encoder: it gives 40 dimensions, the bundle's model has 41");
  auto short_info = published.info;
  short_info.layers.pop_back();
  CHECK(PackedTextEncoder::open(short_info, 40).error().message ==
        "text encoder: 2 layers are listed, its shape says 3");
}

TEST_CASE("500 damaged, cut and swapped objects are refused by name", "[text_tower]") {
  SmallTower tower;
  const auto published = publish(tower);
  const std::vector<uint32_t> ids = {3, 5, 70, tower.shape.end_id};
  const auto refs = [&] {
    auto encoder = open(published, tower.shape.embedding_dim);
    REQUIRE(add_all(encoder, published, {published.info.directory}));
    return encoder.all_objects();
  }();
  int refused = 0;
  for (int trial = 0; trial < 500; ++trial) {
    const ObjectRef& victim = refs[tower.next() % refs.size()];
    const std::string name = object_name(victim);
    auto files = published.files;
    auto& bytes = files[name];
    switch (trial % 3) {
      case 0:
        bytes[tower.next() % bytes.size()] ^= static_cast<uint8_t>(1 + tower.next() % 255);
        break;
      case 1:
        bytes.resize(tower.next() % bytes.size());
        break;
      default: {
        const auto& other = refs[tower.next() % refs.size()];
        if (other == victim)
          bytes.push_back(0);
        else
          bytes = published.files.at(object_name(other));
      }
    }
    const auto result = try_everything(published.info, tower.shape.embedding_dim, files, ids);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::kCorrupt);
    CHECK(result.error().message.find(name) != std::string::npos);
    if (result.error().message.find(name) != std::string::npos) ++refused;
  }
  CHECK(refused == 500);
}

// With hashes made good again, parsers alone stand between the bytes and the arithmetic: an object
// of another size or with numbers that are not finite is refused, any other gives some embedding.
TEST_CASE("damage under a right hash is refused or harmless", "[text_tower]") {
  SmallTower tower;
  const auto published = publish(tower);
  const std::vector<uint32_t> ids = {3, 5, 70, tower.shape.end_id};
  int refused = 0;
  for (int trial = 0; trial < 300; ++trial) {
    PublishedTower damaged = published;
    const size_t which = tower.next() % (tower.shape.layer_count + 2);
    ObjectRef& ref = which == 0   ? damaged.info.ends
                     : which == 1 ? damaged.info.directory
                                  : damaged.info.layers[which - 2];
    auto bytes = published.raw.at(object_name(ref));
    const size_t place = tower.next() % (trial % 4 == 0 ? 64 : bytes.size());
    if (trial % 5 == 0) {
      bytes.resize(place);
    } else {
      bytes[place] = static_cast<uint8_t>(tower.next());
    }
    ref = damaged.add(ref.kind, bytes);
    const auto result = try_everything(damaged.info, tower.shape.embedding_dim, damaged.files, ids);
    if (!result) ++refused;
  }
  CHECK(refused >= 60);
}

TEST_CASE("swapped layers under right hashes change the answer, not the safety", "[text_tower]") {
  SmallTower tower;
  auto published = publish(tower);
  std::swap(published.info.layers[0], published.info.ends);
  const std::vector<uint32_t> ids = {3, tower.shape.end_id};
  const auto result =
      try_everything(published.info, tower.shape.embedding_dim, published.files, ids);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::kCorrupt);
}
