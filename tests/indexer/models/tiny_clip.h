#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "tests/indexer/models/onnx_writer.h"

// A CLIP pair in the Hugging Face layout, small enough to write for each test: a text is the mean
// of its tokens' rows in a table, an image the mean of its colours.
namespace tiny_clip {

constexpr int64_t kTokenCount = 514;  // bytes inside and at the end of a word, start, end
constexpr int64_t kDim = 3;
constexpr int64_t kImagePx = 32;

struct Shape {
  std::vector<int64_t> ids = {-1, -1};
  uint64_t id_type = onnx_writer::kInt64;
  bool attention_mask = false;
  std::vector<int64_t> pixels = {-1, 3, kImagePx, kImagePx};
  std::vector<int64_t> embedding = {-1, kDim};
  std::string text_output = "text_embeds";
  std::string image_output = "image_embeds";
};

inline std::vector<float> token_table() {
  std::vector<float> table;
  uint32_t state = 3;
  for (int64_t i = 0; i < kTokenCount * kDim; ++i) {
    state = state * 1664525u + 1013904223u;
    table.push_back(static_cast<float>(state >> 8) / float{1 << 24} - 0.5f);
  }
  return table;
}

// With a mask, what it leaves out does not count.
inline onnx_writer::Graph text_graph(const Shape& shape) {
  using namespace onnx_writer;
  Graph graph;
  graph.inputs = {value_info("input_ids", shape.id_type, shape.ids)};
  graph.outputs = {value_info(shape.text_output, kFloat, shape.embedding)};
  graph.initializers = {float_tensor("table", {kTokenCount, kDim}, token_table())};
  graph.nodes = {node("Gather", {"table", "input_ids"}, {"rows"})};
  std::string rows = "rows";
  if (shape.attention_mask) {
    graph.inputs.push_back(value_info("attention_mask", shape.id_type, shape.ids));
    graph.initializers.push_back(int64_tensor("last", {2}));
    graph.nodes.push_back(node("Cast", {"attention_mask"}, {"mask"}, {int_attribute("to", 1)}));
    graph.nodes.push_back(node("Unsqueeze", {"mask", "last"}, {"column"}));
    graph.nodes.push_back(node("Mul", {"rows", "column"}, {"masked"}));
    rows = "masked";
  }
  graph.nodes.push_back(node("ReduceMean", {rows}, {shape.text_output},
                             {ints_attribute("axes", {1}), int_attribute("keepdims", 0)}));
  return graph;
}

inline onnx_writer::Graph vision_graph(const Shape& shape) {
  using namespace onnx_writer;
  Graph graph;
  graph.inputs = {value_info("pixel_values", kFloat, shape.pixels)};
  graph.outputs = {value_info(shape.image_output, kFloat, shape.embedding)};
  graph.nodes = {node("ReduceMean", {"pixel_values"}, {shape.image_output},
                      {ints_attribute("axes", {2, 3}), int_attribute("keepdims", 0)})};
  return graph;
}

inline std::string utf8(uint32_t code_point) {
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  return {static_cast<char>(0xc0 | code_point >> 6), static_cast<char>(0x80 | (code_point & 0x3f))};
}

// Bytes as printable characters, as CLIP's vocabulary writes them.
inline std::string vocabulary_json() {
  sightline::JsonValue vocabulary{sightline::JsonValue::Object{}};
  uint32_t id = 0, next_stand_in = 256;
  for (const char* end : {"", "</w>"}) {
    next_stand_in = 256;
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const bool printable =
          (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      vocabulary.set(utf8(printable ? byte : next_stand_in++) + end, id++);
    }
  }
  vocabulary.set("<|startoftext|>", id++);
  vocabulary.set("<|endoftext|>", id++);
  return sightline::dump_json(vocabulary);
}

inline void write_text(const std::string& path, const std::string& text) {
  REQUIRE(sightline::write_file_atomic(path, text));
}

inline void write_graph(const std::string& path, const onnx_writer::Graph& graph) {
  REQUIRE(sightline::write_file_atomic(path, onnx_writer::model(graph)));
}

inline void write(const std::string& folder, const Shape& shape = {}) {
  std::filesystem::create_directories(folder + "/onnx");
  write_graph(folder + "/onnx/text_model.onnx", text_graph(shape));
  write_graph(folder + "/onnx/vision_model.onnx", vision_graph(shape));
  write_text(folder + "/vocab.json", vocabulary_json());
  write_text(folder + "/merges.txt", "#version: 0.2\n");
  write_text(folder + "/preprocessor_config.json",
             R"({"crop_size":{"height":32,"width":32},"size":{"shortest_edge":32},)"
             R"("image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5]})");
}

}  // namespace tiny_clip
