#include "indexer/models/clip_model.h"

#include <cmath>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/indexer/models/tiny_clip.h"
#include "tests/indexer/temporary_folder.h"

using namespace sightline;
namespace fs = std::filesystem;

namespace {

Result<ClipModel> load(const std::string& path) {
  ASSIGN_OR_RETURN(const auto folder, open_model_folder(path));
  return ClipModel::load(folder, {{Device::kCpu, 1}});
}

void check_refused(const std::string& path, const std::string& reason) {
  const auto model = load(path);
  REQUIRE_FALSE(model);
  INFO(model.error().message);
  CHECK(model.error().code == ErrorCode::kModel);
  CHECK(model.error().message.find(reason) != std::string::npos);
  CHECK(model.error().message.find('\n') == std::string::npos);
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

std::vector<float> texts(const ClipModel& model, const std::vector<std::string>& lines) {
  auto rows = model.embed_text(lines);
  REQUIRE(rows);
  REQUIRE(rows->size() == lines.size() * model.dim());
  return *rows;
}

// n flat images of different colours.
std::vector<float> flat_images(const ClipModel& model, size_t count) {
  const size_t plane = size_t{model.image_size_px()} * model.image_size_px();
  std::vector<float> pixels;
  for (size_t i = 0; i < count * 3; ++i)
    pixels.insert(pixels.end(), plane, std::sin(static_cast<float>(i) + 1));
  return pixels;
}

}  // namespace

TEST_CASE("texts and images become unit rows of one dimension") {
  const TemporaryFolder folder;
  tiny_clip::write(folder / "pair");
  const auto model = load(folder / "pair");
  REQUIRE(model);
  CHECK(model->id() == "pair");
  CHECK(model->dim() == 3);
  CHECK(model->image_size_px() == 32);
  CHECK(model->preprocessing().mean[0] == 0.5f);
  CHECK(model->batch_size() == 8);
  CHECK(model->text_sha256().size() == 64);
  CHECK(model->vision_sha256() != model->text_sha256());
  const auto rows = texts(*model, {"a red car", "rain", ""});
  for (size_t i = 0; i < 3; ++i) CHECK(dot({&rows[3 * i], 3}, {&rows[3 * i], 3}) == Approx(1));

  const auto pixels = flat_images(*model, 11);
  const auto images = model->embed_pixels(pixels);
  REQUIRE(images);
  REQUIRE(images->size() == 33);
  const float expected[] = {std::sin(31.0f), std::sin(32.0f), std::sin(33.0f)};
  CHECK(dot({images->data() + 30, 3}, expected) == Approx(std::sqrt(dot(expected, expected))));
}

TEST_CASE("an embedding does not depend on what is embedded beside it") {
  const TemporaryFolder folder;
  tiny_clip::write(folder / "pair");
  const auto model = load(folder / "pair");
  REQUIRE(model);
  const auto pixels = flat_images(*model, 9);
  const auto all = model->embed_pixels(pixels);
  const size_t image = pixels.size() / 9;
  for (size_t i = 0; i < 9; ++i) {
    const auto alone = model->embed_pixels(std::span(pixels).subspan(i * image, image));
    REQUIRE(alone);
    CHECK(*alone == std::vector<float>(all->begin() + static_cast<ptrdiff_t>(3 * i),
                                       all->begin() + static_cast<ptrdiff_t>(3 * i + 3)));
  }
  CHECK(texts(*model, {"one", "two"}) != texts(*model, {"two", "one"}));
}

TEST_CASE("a text tower of fixed length, 32-bit ids or with a mask gives the same directions") {
  const TemporaryFolder folder;
  tiny_clip::write(folder / "open");
  tiny_clip::Shape fixed;
  fixed.ids = {1, 77};
  fixed.attention_mask = true;
  fixed.embedding = {1, 3};
  tiny_clip::write(folder / "fixed", fixed);
  tiny_clip::Shape narrow;
  narrow.id_type = 6;
  narrow.attention_mask = true;
  narrow.text_output = "anything";
  narrow.embedding = {-1, -1};
  tiny_clip::write(folder / "narrow", narrow);
  const auto open = load(folder / "open");
  REQUIRE(open);
  const std::vector<std::string> lines = {"a red car", "", std::string(300, 'x')};
  const auto expected = texts(*open, lines);
  for (const char* name : {"fixed", "narrow"}) {
    const auto model = load(folder / name);
    REQUIRE(model);
    const auto rows = texts(*model, lines);
    for (size_t i = 0; i < rows.size(); ++i) CHECK(rows[i] == Approx(expected[i]).margin(1e-5));
  }
}

TEST_CASE("a vision tower of fixed batch and one that quantises dynamically keep their batch") {
  const TemporaryFolder folder;
  tiny_clip::Shape fixed;
  fixed.pixels = {4, 3, 32, 32};
  fixed.embedding = {-1, 3};
  tiny_clip::write(folder / "fixed", fixed);
  const auto four = load(folder / "fixed");
  REQUIRE(four);
  CHECK(four->batch_size() == 4);
  CHECK(four->embed_pixels(flat_images(*four, 5))->size() == 15);

  tiny_clip::write(folder / "dynamic");
  auto graph = tiny_clip::vision_graph({});
  graph.nodes.push_back(
      onnx_writer::node("DynamicQuantizeLinear", {"pixel_values"}, {"q", "s", "z"}));
  tiny_clip::write_graph(folder / "dynamic/onnx/vision_model.onnx", graph);
  const auto one = load(folder / "dynamic");
  REQUIRE(one);
  CHECK(one->batch_size() == 1);
}

TEST_CASE("only the wanted tower is loaded") {
  const TemporaryFolder folder;
  tiny_clip::write(folder / "pair");
  tiny_clip::write_text(folder / "pair/onnx/vision_model.onnx", "broken");
  const auto opened = open_model_folder(folder / "pair");
  REQUIRE(opened);
  const auto model = ClipModel::load(*opened, {{Device::kCpu, 1}, true, false});
  REQUIRE(model);
  CHECK(model->vision_sha256().empty());
  CHECK(model->embed_text(std::vector<std::string>{"x"}));
  check_refused(folder / "pair", "vision_model.onnx");
}

TEST_CASE("towers in the wrong role, of another size or of another model are refused in one line") {
  const TemporaryFolder folder;
  tiny_clip::write(folder / "pair");
  const std::string text = folder / "pair/onnx/text_model.onnx",
                    vision = folder / "pair/onnx/vision_model.onnx";
  tiny_clip::Shape shape;
  SECTION("a text tower as vision tower") {
    tiny_clip::write_graph(vision, tiny_clip::text_graph(shape));
    check_refused(folder / "pair", "no CLIP vision tower");
  }
  SECTION("a vision tower as text tower") {
    tiny_clip::write_graph(text, tiny_clip::vision_graph(shape));
    check_refused(folder / "pair", "no CLIP text tower");
  }
  SECTION("an image size that is not the configured one") {
    shape.pixels = {-1, 3, 48, 48};
    tiny_clip::write_graph(vision, tiny_clip::vision_graph(shape));
    check_refused(folder / "pair", "preprocessor_config.json says 3 x 32 x 32");
  }
  SECTION("another number of dimensions") {
    auto graph = tiny_clip::vision_graph(shape);
    graph.outputs = {onnx_writer::value_info("image_embeds", onnx_writer::kFloat, {-1, 6})};
    graph.nodes.back() = onnx_writer::node(
        "ReduceMean", {"pixel_values"}, {"mean"},
        {onnx_writer::ints_attribute("axes", {2, 3}), onnx_writer::int_attribute("keepdims", 0)});
    graph.nodes.push_back(onnx_writer::node("Concat", {"mean", "mean"}, {"image_embeds"},
                                            {onnx_writer::int_attribute("axis", 1)}));
    tiny_clip::write_graph(vision, graph);
    check_refused(folder / "pair", "6 dimensions, the rest of the model 3");
  }
  SECTION("a tower without its projection") {
    shape.text_output = "pooler_output";
    tiny_clip::write_graph(text, tiny_clip::text_graph(shape));
    check_refused(folder / "pair", "no CLIP text tower");
  }
  SECTION("texts longer than the tower takes") {
    shape.ids = {-1, 16};
    tiny_clip::write_graph(text, tiny_clip::text_graph(shape));
    check_refused(folder / "pair", "max_position_embeddings");
    tiny_clip::write_text(folder / "pair/config.json",
                          R"({"text_config":{"max_position_embeddings":16}})");
    CHECK(load(folder / "pair"));
  }
  SECTION("a broken tokenizer") {
    tiny_clip::write_text(folder / "pair/vocab.json", R"({"a":0})");
    check_refused(folder / "pair", "pair");
    tiny_clip::write_text(folder / "pair/vocab.json", R"({"a":)");
    check_refused(folder / "pair", "vocab.json");
  }
}

TEST_CASE("weights that give no direction are an error, not a row of NaN") {
  const TemporaryFolder folder;
  tiny_clip::write(folder / "pair");
  const auto model = load(folder / "pair");
  REQUIRE(model);
  const auto rows = model->embed_pixels(std::vector<float>(3 * 32 * 32));
  REQUIRE_FALSE(rows);
  CHECK(rows.error().code == ErrorCode::kModel);
}

TEST_CASE("the embedded streets pair loads and embeds") {
  const std::string path = SIGHTLINE_SOURCE_DIR "/datasets/streets/models/streets-clip";
  if (!fs::exists(path)) {
    WARN("skipped, absent: " << path);
    return;
  }
  const auto model = load(path);
  REQUIRE(model);
  CHECK(model->id() == "streets-clip-v2");
  const auto rows = texts(*model, {"a red car", "a red car ahead", "a night street"});
  const size_t dim = model->dim();
  CHECK(dot({&rows[0], dim}, {&rows[dim], dim}) > dot({&rows[0], dim}, {&rows[2 * dim], dim}));
  const size_t values = 3 * size_t{model->image_size_px()} * model->image_size_px();
  CHECK(model->embed_pixels(std::vector<float>(9 * values))->size() == 9 * dim);
}
