// Writes a simulated collection of CLIP vectors with queries and their exact answers.
//
//   simulate_vectors --rows N --out DIR [--seed 7] [--type f2|f4] [--queries 500] [--assets DIR]
//
// base.npy [N, 512]            simulated image vectors, float16 unless told otherwise
// text_queries.npy             real text vectors, held out, float32 as all queries
// text_queries_train.npy       the other real text vectors, to fit query statistics to
// image_queries.npy            simulated image vectors that are not in the base
// truth_text_10.npy, truth_text_100.npy, truth_image_10.npy, truth_image_100.npy: uint32 ordinals

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "indexer/base/parallel.h"
#include "native/base/half.h"
#include "tests/bench/data/clip_simulator.h"
#include "tests/bench/data/ground_truth.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

constexpr uint32_t kRowsAtOnce = 8192;

Vectors draw_rows(const ClipSimulator& simulator, uint64_t first, uint32_t count) {
  constexpr uint32_t kRowsPerTask = 256;
  Vectors rows{count, simulator.dim(), std::vector<float>(size_t{count} * simulator.dim())};
  parallel_for((count + kRowsPerTask - 1) / kRowsPerTask, std::thread::hardware_concurrency(),
               [&](size_t task) {
                 const auto begin = static_cast<uint32_t>(task) * kRowsPerTask;
                 for (uint32_t i = begin; i < std::min(count, begin + kRowsPerTask); ++i) {
                   simulator.draw(first + i, rows.row(i));
                 }
               });
  return rows;
}

// Moves `count` rows, chosen by the seed, out of the vectors.
Vectors take_sample(Vectors& vectors, uint32_t count, uint64_t seed) {
  testing::TestRandom random(seed);
  std::vector<bool> taken(vectors.rows);
  for (uint32_t left = count; left > 0;) {
    const uint32_t row = random.below(vectors.rows);
    if (taken[row]) continue;
    taken[row] = true;
    --left;
  }
  Vectors sample{count, vectors.dim, {}}, rest{vectors.rows - count, vectors.dim, {}};
  for (uint32_t i = 0; i < vectors.rows; ++i) {
    auto& out = taken[i] ? sample.values : rest.values;
    out.insert(out.end(), vectors.row(i).begin(), vectors.row(i).end());
  }
  vectors = std::move(rest);
  return sample;
}

void write_truth(const std::string& folder, const std::string& name, GroundTruth& truth) {
  const Ordinals hundred = truth.take();
  Ordinals ten{hundred.rows, 10, {}};
  for (uint32_t i = 0; i < hundred.rows; ++i) {
    ten.values.insert(ten.values.end(), hundred.row(i).begin(), hundred.row(i).begin() + 10);
  }
  write_npy(folder + "/truth_" + name + "_10.npy", ten);
  write_npy(folder + "/truth_" + name + "_100.npy", hundred);
}

void simulate(uint32_t rows, const std::string& folder, uint64_t seed, NpyWriter::Type type,
              uint32_t query_count, const std::string& assets) {
  std::filesystem::create_directories(folder);
  RealVectors real = read_real_vectors(assets);
  const ClipSimulator simulator(real, seed);
  if (query_count * 2 > real.texts.rows) {
    fail("--queries must be at most " + std::to_string(real.texts.rows / 2));
  }
  const Vectors text_queries = take_sample(real.texts, query_count, seed);
  // No base is that long.
  const Vectors image_queries = draw_rows(simulator, uint64_t{1} << 40, query_count);
  write_npy(folder + "/text_queries.npy", NpyWriter::Type::kFloat32, text_queries);
  write_npy(folder + "/text_queries_train.npy", NpyWriter::Type::kFloat32, real.texts);
  write_npy(folder + "/image_queries.npy", NpyWriter::Type::kFloat32, image_queries);

  GroundTruth text_truth(text_queries, 100), image_truth(image_queries, 100);
  {
    NpyWriter base(folder + "/base.npy", type, rows, simulator.dim());
    for (uint32_t first = 0; first < rows; first += kRowsAtOnce) {
      Vectors block = draw_rows(simulator, first, std::min(kRowsAtOnce, rows - first));
      if (type == NpyWriter::Type::kFloat16) {
        // The truth is that of the vectors stored.
        for (float& value : block.values) value = half_to_float(float_to_half(value));
      }
      base.write(block.values);
      text_truth.add(block.values, first);
      image_truth.add(block.values, first);
      if (first / kRowsAtOnce % 10 == 0) std::fprintf(stderr, "\r%u of %u rows", first, rows);
    }
    std::fprintf(stderr, "\r%u rows written to %s\n", rows, folder.c_str());
  }
  write_truth(folder, "text", text_truth);
  write_truth(folder, "image", image_truth);
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using sightline::bench::fail;
  using sightline::bench::NpyWriter;
  std::map<std::string, std::string> options = {
      {"--rows", ""},   {"--out", ""},        {"--seed", "7"},
      {"--type", "f2"}, {"--queries", "500"}, {"--assets", SIGHTLINE_SHARED_DIR "/assets/vectors"},
  };
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  const long rows = std::atol(options["--rows"].c_str());
  const long queries = std::atol(options["--queries"].c_str());
  if (rows < 100 || options["--out"].empty() || queries < 1) {
    fail("usage: simulate_vectors --rows N --out DIR [--seed S] [--type f2|f4] [--queries Q]");
  }
  sightline::bench::simulate(
      static_cast<uint32_t>(rows), options["--out"],
      std::strtoull(options["--seed"].c_str(), nullptr, 10),
      options["--type"] == "f4" ? NpyWriter::Type::kFloat32 : NpyWriter::Type::kFloat16,
      static_cast<uint32_t>(queries), options["--assets"]);
}
