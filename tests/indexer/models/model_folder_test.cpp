#include "indexer/models/model_folder.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>

#include <catch2/catch.hpp>

#include "indexer/base/json.h"
#include "indexer/commands/detect.h"
#include "indexer/commands/embed.h"
#include "indexer/commands/models.h"
#include "indexer/commands/tokenize.h"
#include "indexer/media/decode.h"
#include "indexer/models/model_registry.h"
#include "tests/indexer/models/tiny_clip.h"
#include "tests/indexer/temporary_folder.h"
#include "tests/support/jpeg_of_image.h"

using namespace sightline;
namespace fs = std::filesystem;

namespace {

// The user's models folder for as long as it lives.
class UserModels {
 public:
  explicit UserModels(const std::string& path) { ::setenv("SIGHTLINE_MODELS", path.c_str(), 1); }
  ~UserModels() { ::unsetenv("SIGHTLINE_MODELS"); }
};

void check_refused(const std::string& path, ErrorCode code, const std::string& reason) {
  const auto folder = open_model_folder(path);
  REQUIRE_FALSE(folder);
  INFO(folder.error().message);
  CHECK(folder.error().code == code);
  CHECK(folder.error().message.find(reason) != std::string::npos);
}

void write_detector(const std::string& path) {
  using namespace onnx_writer;
  fs::create_directories(fs::path(path).parent_path());
  Graph graph;
  graph.inputs = {value_info("images", kFloat, {1, 3, 32, 32})};
  graph.outputs = {value_info("output", kFloat, {1, 21, 85})};
  std::vector<float> output(21 * 85);
  output[20 * 85 + 4] = output[20 * 85 + 5] = 1;
  graph.initializers = {float_tensor("fixed", {1, 21, 85}, output)};
  graph.nodes = {node("Identity", {"fixed"}, {"output"})};
  tiny_clip::write_graph(path, graph);
}

// What a command prints on standard output, as JSON; nothing where it fails.
template <class Command>
std::optional<JsonValue> printed(Command&& command) {
  std::ostringstream captured;
  auto* const before = std::cout.rdbuf(captured.rdbuf());
  const Result<int> code = command();
  std::cout.rdbuf(before);
  if (!code) return std::nullopt;
  CHECK(*code == 0);
  auto json = parse_json(captured.str());
  REQUIRE(json);
  return *json;
}

}  // namespace

TEST_CASE("a Hugging Face folder is a CLIP model without further description") {
  const TemporaryFolder root;
  tiny_clip::write(root / "pair");
  const auto folder = open_model_folder(root / "pair/");
  REQUIRE(folder);
  CHECK(folder->kind == ModelKind::kClip);
  CHECK(folder->id == "pair");
  CHECK(folder->clip.text.path == root / "pair/onnx/text_model.onnx");
  CHECK(folder->clip.preprocessing.size_px == 32);
}

TEST_CASE("full precision is taken before quantised files, unless model.json names one") {
  const TemporaryFolder root;
  tiny_clip::write(root / "pair");
  const std::string onnx = root / "pair/onnx/";
  fs::copy(onnx + "text_model.onnx", onnx + "text_model_quantized.onnx");
  CHECK(open_model_folder(root / "pair")->clip.text.path == onnx + "text_model.onnx");
  tiny_clip::write_text(
      root / "pair/model.json",
      R"({"id":"tiny","dim":3,"licence":"Apache-2.0","files":{"text":{"path":"onnx/text_model_quantized.onnx"}}})");
  const auto named = open_model_folder(root / "pair");
  REQUIRE(named);
  CHECK(named->id == "tiny");
  CHECK(named->licence == "Apache-2.0");
  CHECK(named->dim == 3);
  CHECK(named->clip.text.path == onnx + "text_model_quantized.onnx");
  fs::remove(root / "pair/model.json");
  fs::remove(onnx + "text_model.onnx");
  CHECK(open_model_folder(root / "pair")->clip.text.path == onnx + "text_model_quantized.onnx");
}

TEST_CASE("old and new spellings of the preprocessor's size are read") {
  const TemporaryFolder root;
  tiny_clip::write(root / "pair");
  const auto size_with = [&](const std::string& json) {
    tiny_clip::write_text(root / "pair/preprocessor_config.json", json);
    const auto folder = open_model_folder(root / "pair");
    return folder ? folder->clip.preprocessing.size_px : 0;
  };
  CHECK(size_with(R"({"crop_size":224,"size":224})") == 224);
  CHECK(size_with(R"({"crop_size":{"height":336,"width":336},"size":{"shortest_edge":340}})") ==
        336);
  CHECK(size_with(R"({"size":{"shortest_edge":256},"image_mean":[0,0,0],"image_std":[1,1,1]})") ==
        256);
  CHECK(size_with(R"({"size":{"height":64,"width":64},"do_normalize":false})") == 64);
  CHECK(size_with(R"({"size":{"height":64,"width":32}})") == 0);
  CHECK(size_with(R"({"size":64,"image_std":[1,0,1]})") == 0);
  CHECK(size_with("[]") == 0);
}

TEST_CASE("a folder with one network, or a bare one, is a detector") {
  const TemporaryFolder root;
  write_detector(root / "nano/best.onnx");
  CHECK(open_model_folder(root / "nano")->kind == ModelKind::kDetector);
  const auto bare = open_model_folder(root / "nano/best.onnx");
  REQUIRE(bare);
  CHECK(bare->kind == ModelKind::kDetector);
  CHECK(bare->id == "best");
  tiny_clip::write_text(root / "nano/model.json",
                        R"({"kind":"detector","layout":"yolox","input_size_px":416,)"
                        R"("pixel_order":"rgb","pixel_range":[0,1],"class_names":["car"]})");
  const auto described = open_model_folder(root / "nano");
  REQUIRE(described);
  CHECK(described->detector.layout == DetectorLayout::kYolox);
  CHECK(described->detector.pixel_max == 1);
  CHECK(described->detector.pixel_order == "rgb");
  CHECK(described->detector.input_size_px == 416);
}

TEST_CASE("what is missing or broken in a folder is named") {
  const TemporaryFolder root;
  check_refused(root / "nowhere", ErrorCode::kNotFound, "nowhere");
  fs::create_directory(root / "empty");
  check_refused(root / "empty", ErrorCode::kModel, "text_model.onnx");
  tiny_clip::write(root / "pair");
  check_refused(root / "pair/vocab.json", ErrorCode::kModel, "not a model");
  const auto described = [&](const std::string& json, const std::string& reason) {
    tiny_clip::write_text(root / "pair/model.json", json);
    check_refused(root / "pair", ErrorCode::kModel, reason);
  };
  described("{", "model.json");
  described(R"({"kind":"speech"})", "speech");
  described(R"({"files":{"text":{}}})", "no 'path'");
  described(R"({"files":{"text":{"path":"../outside.onnx"}}})", "not inside");
  described(R"({"files":{"text":{"path":"/etc/passwd"}}})", "not inside");
  described(R"({"files":{"text":{"path":"gone.onnx"}}})", "missing");
  described(R"({"kind":"detector"})", "2 .onnx files");
  fs::remove(root / "pair/model.json");
  fs::remove(root / "pair/merges.txt");
  check_refused(root / "pair", ErrorCode::kModel, "merges.txt");
}

TEST_CASE("a network that is not the one model.json describes is refused by its hash") {
  const TemporaryFolder root;
  write_detector(root / "nano.onnx");
  ModelFile file{root / "nano.onnx", {}, {}, {}};
  const auto read = read_model_file(file);
  REQUIRE(read);
  file.sha256 = read->sha256;
  CHECK(read_model_file(file));
  file.sha256[0] = file.sha256[0] == '0' ? '1' : '0';
  const auto other = read_model_file(file);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ErrorCode::kModel);
  CHECK(other.error().message.find(read->sha256) != std::string::npos);
}

TEST_CASE("a model is found by path, id or folder name, and by default the real one first") {
  const TemporaryFolder root;
  const UserModels models(root.path());
  CHECK(user_models_folder() == root.path());
  tiny_clip::write(root / "another");
  tiny_clip::write_text(root / "another/model.json", R"({"id":"tiny-clip"})");
  CHECK(find_model("another", ModelKind::kClip)->folder.id == "tiny-clip");
  CHECK(find_model("tiny-clip", ModelKind::kClip)->folder.path == root / "another");
  CHECK(find_model(root / "another", ModelKind::kClip));
  CHECK(find_model("", ModelKind::kClip)->folder.id == "tiny-clip");
  tiny_clip::write(root / "clip-vit-base-patch32");
  const auto chosen = find_model("", ModelKind::kClip);
  REQUIRE(chosen);
  CHECK(chosen->folder.id == "clip-vit-base-patch32");
  CHECK_FALSE(chosen->is_embedded);

  const auto unknown = find_model("b32", ModelKind::kClip);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kNotFound);
  CHECK(unknown.error().message.find("tiny-clip") != std::string::npos);
  CHECK(find_model("tiny-clip", ModelKind::kDetector).error().code == ErrorCode::kModel);
  write_detector(root / "nano/nano.onnx");
  const auto detector = find_model("nano", ModelKind::kClip);
  REQUIRE_FALSE(detector);
  CHECK(detector.error().message.find("this is a detector") != std::string::npos);
}

TEST_CASE("models list and models check say what is there") {
  const TemporaryFolder root;
  const UserModels models(root.path());
  tiny_clip::write(root / "pair");
  write_detector(root / "nano/nano.onnx");
  fs::create_directory(root / "broken");
  fs::create_directory(root / ".hidden");
  const auto list = printed([] { return run_models_list({true}); });
  REQUIRE(list);
  const auto items = list->find("models")->items();
  REQUIRE(items.size() >= 3);
  CHECK(items[0].string_at("id") == "broken");
  CHECK(items[0].string_at("problem"));
  CHECK(items[1].string_at("kind") == "detector");
  CHECK(items[2].string_at("path") == root / "pair");
  CHECK(items[2].bool_at("embedded") == false);

  const OnnxOptions onnx{Device::kCpu, 1};
  const auto pair = printed([&] { return run_models_check({"pair", true, onnx}); });
  REQUIRE(pair);
  CHECK(pair->int_at("dim") == 3);
  CHECK(pair->string_at("text_sha256")->size() == 64);
  const auto nano = printed([&] {
    return run_models_check({root / "nano/nano.onnx", true, onnx});
  });
  REQUIRE(nano);
  CHECK(nano->string_at("summary") == "YOLOX, 32 x 32, 80 classes");
  for (const std::string& path : {root / "broken", root / "nowhere"}) {
    const auto failed = run_models_check({path, true, onnx});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::kModel);
  }
}

TEST_CASE("embed, tokenize and detect print their documents") {
  const TemporaryFolder root;
  tiny_clip::write(root / "pair");
  write_detector(root / "nano.onnx");
  const auto jpeg = jpeg_of_image({64, 48, std::vector<uint8_t>(64 * 48 * 3, 200)}, 90);
  REQUIRE(write_file_atomic(root / "grey.jpg", jpeg));
  const OnnxOptions onnx{Device::kCpu, 1};

  for (const bool by_text : {true, false}) {
    EmbedOptions options;
    options.model = root / "pair";
    options.json = true;
    options.onnx = onnx;
    if (by_text) {
      options.texts = {"a car"};
    } else {
      options.image_path = root / "grey.jpg";
    }
    const auto embedding = printed([&] { return run_embed(options); });
    REQUIRE(embedding);
    REQUIRE(embedding->find("embedding")->items().size() == 3);
    double squared = 0;
    for (const auto& value : embedding->find("embedding")->items())
      squared += *value.as_double() * *value.as_double();
    CHECK(squared == Approx(1));
  }
  EmbedOptions nothing;
  nothing.model = root / "pair";
  CHECK(run_embed(nothing).error().code == ErrorCode::kInvalidArgument);
  EmbedOptions no_clip = nothing;
  no_clip.texts = {"a car"};
  no_clip.encoder = TextEncoderKind::kPacked;
  const auto refused = run_embed(no_clip);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kModel);
  CHECK(refused.error().message.find("no CLIP text tower") != std::string::npos);

  fs::remove_all(root / "pair/onnx");
  fs::remove(root / "pair/preprocessor_config.json");
  const auto ids = printed([&] { return run_tokenize({root / "pair", "Hi", true}); });
  REQUIRE(ids);
  CHECK(*ids->find("ids") == JsonValue(JsonValue::Array{512, int{'h'}, 256 + 'i', 513}));

  const auto detections = printed([&] {
    return run_detect({root / "nano.onnx", root / "grey.jpg", 0.5f, true, onnx});
  });
  REQUIRE(detections);
  const auto items = detections->find("detections")->items();
  REQUIRE(items.size() == 1);
  CHECK(items[0].string_at("class_name") == "person");
  CHECK(items[0].double_at("confidence") == 1.0);
  CHECK(items[0].find("box_xyxy_px")->items().size() == 4);
  const auto missing = run_detect({root / "nano.onnx", root / "gone.jpg", 0.5f, true, onnx});
  CHECK(missing.error().code == ErrorCode::kNotFound);
}

TEST_CASE("tokenize with CLIP's own vocabulary needs nothing else of the model") {
  const std::string folder = SIGHTLINE_SHARED_DIR "/assets/tokenizer";
  if (!fs::exists(folder + "/vocab.json")) {
    WARN("skipped, absent: " << folder);
    return;
  }
  const auto ids = printed([&] { return run_tokenize({folder, "a photo of a cat", true}); });
  REQUIRE(ids);
  CHECK(*ids->find("ids") == JsonValue(JsonValue::Array{49406, 320, 1125, 539, 320, 2368, 49407}));
}
