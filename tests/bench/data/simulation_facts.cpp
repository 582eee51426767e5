// Says how like the real vectors a simulated collection is, one JSON object a line: figures of
// 1,000 vectors of either, then the share of plain k-means cells that queries must open for the
// true top 10.
//
//   simulation_facts --data DIR [--cells 400] [--assets DIR]

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include "native/vectors/dot.h"
#include "tests/bench/data/clip_simulator.h"
#include "tests/bench/data/plain_cells.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

constexpr uint32_t kSampleRows = 1000;

double quantile(std::vector<float> values, double share) {
  const auto at = static_cast<ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<size_t>(at)];
}

struct Spread {
  double mean;
  double stddev;
};

Spread spread_of(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += value, squares += double{value} * value;
  const double mean = sum / static_cast<double>(values.size());
  return {mean, std::sqrt(squares / static_cast<double>(values.size()) - mean * mean)};
}

// trace(C)^2 / |C|^2 of the covariance: how many directions share the variance.
double effective_dim(const Vectors& vectors) {
  const uint32_t dim = vectors.dim;
  std::vector<double> mean(dim), covariance(size_t{dim} * dim);
  for (uint32_t i = 0; i < vectors.rows; ++i) {
    for (uint32_t d = 0; d < dim; ++d) mean[d] += vectors.row(i)[d] / vectors.rows;
  }
  for (uint32_t i = 0; i < vectors.rows; ++i) {
    for (uint32_t a = 0; a < dim; ++a) {
      const double offset = vectors.row(i)[a] - mean[a];
      for (uint32_t b = 0; b < dim; ++b) {
        covariance[size_t{a} * dim + b] += offset * (vectors.row(i)[b] - mean[b]);
      }
    }
  }
  double trace = 0, square = 0;
  for (uint32_t a = 0; a < dim; ++a) trace += covariance[size_t{a} * dim + a];
  for (const double value : covariance) square += value * value;
  return trace * trace / square;
}

double norm_of_mean(const Vectors& vectors) {
  std::vector<double> mean(vectors.dim);
  for (uint32_t i = 0; i < vectors.rows; ++i) {
    for (uint32_t d = 0; d < vectors.dim; ++d) mean[d] += vectors.row(i)[d] / vectors.rows;
  }
  return std::sqrt(std::inner_product(mean.begin(), mean.end(), mean.begin(), 0.0));
}

void print_facts(const char* name, const Vectors& images, const Vectors& texts) {
  std::vector<float> nearest, tenth, similarities, deviations, best;
  for (uint32_t i = 0; i < images.rows; ++i) {
    std::vector<float> others;
    for (uint32_t j = 0; j < images.rows; ++j) {
      if (j != i) {
        others.push_back(dot_f32(images.row(i).data(), images.row(j).data(), images.dim));
      }
    }
    std::nth_element(others.begin(), others.begin() + 9, others.end(), std::greater<>());
    tenth.push_back(others[9]);
    nearest.push_back(*std::max_element(others.begin(), others.begin() + 10));
  }
  for (uint32_t i = 0; i < texts.rows; ++i) {
    std::vector<float> row;
    for (uint32_t j = 0; j < images.rows; ++j) {
      row.push_back(dot_f32(texts.row(i).data(), images.row(j).data(), images.dim));
    }
    const auto [mean, stddev] = spread_of(row);
    similarities.push_back(static_cast<float>(mean));
    deviations.push_back(static_cast<float>(stddev));
    best.push_back(static_cast<float>((*std::max_element(row.begin(), row.end()) - mean) / stddev));
  }
  std::printf(R"({"vectors":"%s","rows":%u,"norm_of_mean":%.3f,"effective_dim":%.1f,)"
              R"("nearest_cosine":[%.3f,%.3f,%.3f],"tenth_cosine":[%.3f,%.3f,%.3f],)"
              R"("text_cosine_mean":%.3f,"text_cosine_stddev":%.4f,)"
              R"("text_best_in_stddevs":[%.2f,%.2f]})"
              "\n",
              name, images.rows, norm_of_mean(images), effective_dim(images),
              quantile(nearest, 0.1), quantile(nearest, 0.5), quantile(nearest, 0.9),
              quantile(tenth, 0.1), quantile(tenth, 0.5), quantile(tenth, 0.9),
              spread_of(similarities).mean, spread_of(deviations).mean, quantile(best, 0.5),
              quantile(best, 0.9));
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using namespace sightline::bench;
  std::map<std::string, std::string> options = {
      {"--data", ""}, {"--cells", "400"}, {"--assets", SIGHTLINE_SHARED_DIR "/assets/vectors"}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  const std::string folder = options["--data"];
  const auto real = read_real_vectors(options["--assets"]);
  const auto texts = read_npy(folder + "/text_queries.npy");
  const auto base = read_npy(folder + "/base.npy");
  print_facts("real", real.images, texts);
  // Rows are drawn one by one: the first are a fair sample.
  print_facts("simulated", read_npy(folder + "/base.npy", kSampleRows), texts);
  const PlainCells cells(base, static_cast<uint32_t>(std::stoul(options["--cells"])));
  for (const std::string name : {"text", "image"}) {
    print_opened(name, cells, read_npy(folder + "/" + name + "_queries.npy"),
                 read_npy_ordinals(folder + "/truth_" + name + "_10.npy"));
  }
}
