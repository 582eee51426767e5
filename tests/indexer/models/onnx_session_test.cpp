#include "indexer/models/onnx_session.h"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "indexer/models/onnx_check.h"
#include "tests/indexer/models/onnx_writer.h"

using namespace sightline;
using namespace onnx_writer;

namespace {

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

// y = x + weight, four floats.
Graph add_graph(const std::string& weight = float_tensor("w", {4}, {1, 2, 3, 4})) {
  Graph graph;
  graph.inputs = {value_info("x", kFloat, {-1, 4})};
  graph.outputs = {value_info("y", kFloat, {-1, 4})};
  graph.initializers = {weight};
  graph.nodes = {node("Add", {"x", "w"}, {"y"})};
  return graph;
}

Result<OnnxSession> create(const std::vector<uint8_t>& bytes) {
  return OnnxSession::create(bytes, "test.onnx", {Device::kCpu, 1});
}

void check_refused(const std::vector<uint8_t>& bytes, const std::string& reason) {
  INFO(reason);
  const auto session = create(bytes);
  REQUIRE_FALSE(session);
  CHECK(session.error().code == ErrorCode::kModel);
  CHECK(session.error().message.find("test.onnx") == 0);
  CHECK(session.error().message.find(reason) != std::string::npos);
  CHECK(session.error().message.find('\n') == std::string::npos);
}

void check_external(const std::vector<std::pair<std::string, std::string>>& entries) {
  check_refused(model(add_graph(external_tensor("w", entries))), "external data");
}

// An If whose branch holds the given nodes and initializers.
Graph inside_branch(Graph inner) {
  inner.inputs.clear();
  inner.outputs = {value_info("z", kFloat, {4})};
  Graph graph = add_graph();
  graph.initializers.push_back(tensor<uint8_t>("yes", 9, {}, {1}));
  graph.nodes.push_back(node("If", {"yes"}, {"unused"},
                             {graph_attribute("then_branch", inner.bytes()),
                              graph_attribute("else_branch", inner.bytes())}));
  return graph;
}

}  // namespace

TEST_CASE("a session lists its tensors and computes") {
  const auto session = create(model(add_graph()));
  REQUIRE(session);
  REQUIRE(session->inputs().size() == 1);
  CHECK(describe(session->inputs()[0]) == "x float [?, 4]");
  CHECK(describe(session->outputs()[0]) == "y float [?, 4]");
  CHECK(session->device() == "cpu");
  CHECK_FALSE(session->quantizes_dynamically());
  const std::vector<float> x = {10, 20, 30, 40, 0, 0, 0, 0};
  const InputTensor input{"x", {2, 4}, std::span<const float>(x)};
  const auto output = session->run({&input, 1}, "y");
  REQUIRE(output);
  CHECK(output->shape == std::vector<int64_t>{2, 4});
  CHECK(output->values == std::vector<float>{11, 22, 33, 44, 1, 2, 3, 4});
}

TEST_CASE("a value of the wrong shape or name is an error of the model, not a crash") {
  const auto session = create(model(add_graph()));
  REQUIRE(session);
  const std::vector<float> x(3);
  for (const InputTensor& input : {InputTensor{"x", {1, 3}, std::span<const float>(x)},
                                   InputTensor{"x", {1, 4}, std::span<const float>(x)},
                                   InputTensor{"other", {1, 3}, std::span<const float>(x)}}) {
    const auto output = session->run({&input, 1}, "y");
    REQUIRE_FALSE(output);
    CHECK(output.error().code == ErrorCode::kModel);
  }
}

TEST_CASE("64-bit ids feed a 32-bit input, and floats a float16 network") {
  Graph ids;
  ids.inputs = {value_info("ids", 6, {2})};
  ids.outputs = {value_info("y", kFloat, {2})};
  ids.nodes = {node("Cast", {"ids"}, {"y"}, {int_attribute("to", 1)})};
  const auto counting = create(model(ids));
  REQUIRE(counting);
  const std::vector<int64_t> values = {7, 49407};
  const InputTensor input{"ids", {2}, std::span<const int64_t>(values)};
  CHECK(counting->run({&input, 1}, "y")->values == std::vector<float>{7, 49407});

  Graph half;
  half.inputs = {value_info("x", 10, {2})};
  half.outputs = {value_info("y", 10, {2})};
  half.nodes = {node("Neg", {"x"}, {"y"})};
  const auto narrow = create(model(half));
  REQUIRE(narrow);
  const std::vector<float> x = {1.5f, -0.25f};
  const InputTensor floats{"x", {2}, std::span<const float>(x)};
  CHECK(narrow->run({&floats, 1}, "y")->values == std::vector<float>{-1.5f, 0.25f});
}

TEST_CASE("tensors in other files are refused wherever they hide") {
  SECTION("above the folder") { check_external({{"location", "../../etc/passwd"}}); }
  SECTION("at an absolute path") { check_external({{"location", "/etc/passwd"}}); }
  SECTION("behind a symbolic link") { check_external({{"location", "symbolic_link.bin"}}); }
  SECTION("behind a hard link") { check_external({{"location", "hard_link.bin"}}); }
  SECTION("at a negative offset") { check_external({{"location", "w.bin"}, {"offset", "-4096"}}); }
  SECTION("with a length of 2^40") {
    check_external({{"location", "w.bin"}, {"length", "1099511627776"}});
  }
  SECTION("at an address in memory") {
    check_external({{"location", "*/_ORT_MEM_ADDR_/*"}, {"offset", "4096"}});
  }
  SECTION("marked so and nothing more") { check_external({}); }
  SECTION("with entries and no mark") {
    check_refused(model(add_graph(float_tensor("w", {4}, {1, 2, 3, 4}) +
                                  field(13, field(1, "location") + field(2, "w.bin")))),
                  "external data");
  }
  const std::string outside = external_tensor("w", {{"location", "w.bin"}});
  SECTION("in a constant") {
    Graph graph = add_graph();
    graph.nodes.push_back(node("Constant", {}, {"c"}, {tensor_attribute("value", outside)}));
    check_refused(model(graph), "external data");
  }
  SECTION("in the branch of a condition") {
    Graph inner;
    inner.initializers = {outside};
    check_refused(model(inside_branch(inner)), "external data");
  }
  SECTION("in a sparse tensor") {
    check_refused(bytes_of(model_of(add_graph().bytes() + field(15, field(1, outside)))),
                  "external data");
  }
  SECTION("in what a training step would run") {
    check_refused(bytes_of(model_of(add_graph().bytes()) + field(20, field(2, field(5, outside)))),
                  "external data");
  }
}

TEST_CASE("a million nodes are refused before they cost anything") {
  Graph graph = add_graph();
  const std::string one = field(1, node("Identity", {"x"}, {""}));
  std::string many;
  for (int i = 0; i < 1'000'000; ++i) many += one;
  check_refused(bytes_of(model_of(graph.bytes() + many)), "nodes");
}

TEST_CASE("bottomless nesting is refused") {
  std::string graph = add_graph().bytes();
  for (int depth = 0; depth < 400; ++depth) {
    graph = field(1, node("If", {"c"}, {"y"}, {graph_attribute("then_branch", graph)}));
  }
  check_refused(bytes_of(model_of(graph)), "nests deeper");
}

TEST_CASE("operators outside the standard are refused, also in branches and functions") {
  Graph graph = add_graph();
  graph.nodes = {node("Add", {"x", "w"}, {"y"}, {}, "evil.example")};
  check_refused(model(graph), "evil.example");
  Graph inner;
  inner.nodes = graph.nodes;
  check_refused(model(inside_branch(inner)), "evil.example");
  check_refused(bytes_of(model_of(add_graph().bytes()) + field(25, field(1, "f"))), "functions");
  graph.nodes = {node("NoSuchOperator", {"x", "w"}, {"y"})};
  check_refused(model(graph), "does not load");
}

TEST_CASE("every truncation of a model is refused") {
  const auto sound = model(add_graph());
  REQUIRE(create(sound));
  for (size_t size = 0; size < sound.size(); ++size) {
    const auto session = create({sound.begin(), sound.begin() + static_cast<ptrdiff_t>(size)});
    // The last field, the list of operator sets, may be absent as a whole.
    if (session) CHECK(size + 6 >= sound.size());
    if (!session) CHECK(session.error().code == ErrorCode::kModel);
  }
}

TEST_CASE("what is no ONNX file at all is refused") {
  check_refused({}, "no ONNX graph");
  check_refused(bytes_of("<html>404 Not Found</html>"), "ONNX");
  check_refused(bytes_of("version https://git-lfs.github.com/spec/v1\n"), "ONNX");
  check_refused(std::vector<uint8_t>(1000, 0xff), "ONNX");
}

TEST_CASE("damaged models give an error or a session, never a crash") {
  const auto sound = model(add_graph());
  uint32_t state = 7;
  for (int round = 0; round < 1000; ++round) {
    auto bytes = sound;
    for (int flip = 0; flip < 2; ++flip) {
      state = state * 1664525u + 1013904223u;
      bytes[(state >> 8) % bytes.size()] ^= static_cast<uint8_t>(1u << (state >> 29));
    }
    const auto session = create(bytes);
    if (!session) CHECK(session.error().code == ErrorCode::kModel);
  }
}

TEST_CASE("dynamic quantisation is recognised") {
  Graph graph = add_graph();
  graph.nodes.push_back(node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"}));
  const auto facts = check_onnx(model(graph));
  REQUIRE(facts);
  CHECK(facts->quantizes_dynamically);
  CHECK(facts->node_count == 2);
}

TEST_CASE("the automatic device falls back to the CPU and says so") {
  const auto session = OnnxSession::create(model(add_graph()), "test.onnx", {Device::kAuto, 1});
  REQUIRE(session);
  CHECK((session->device() == "cuda") == session->device_note().empty());
  CHECK(probe_cuda().has_value() == (session->device() == "cuda"));
  const auto demanded = OnnxSession::create(model(add_graph()), "test.onnx", {Device::kCuda, 1});
  CHECK(demanded.has_value() == (session->device() == "cuda"));
  CHECK(parse_device("cuda"));
  CHECK_FALSE(parse_device("tpu"));
}
