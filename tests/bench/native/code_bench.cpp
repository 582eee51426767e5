// Codes of rows compared on one data set: how many bytes a row takes, and what an inner product
// with the code still finds. One JSON object a line.
//
//   code_bench --data DIR [--query-limit N]
//
// DIR is what simulate_vectors wrote. Every row is compared with every query: nothing but the code
// is measured. Ours is fitted to the training queries, as `sightline build` does it.

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include "indexer/index/index_plan.h"
#include "indexer/index/scan_plan.h"
#include "native/search/cell_scan.h"
#include "native/search/paged_index.h"
#include "native/vectors/dot.h"
#include "native/vectors/top_k.h"
#include "tests/bench/native/compared_codes.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

constexpr uint32_t kTruth = 10;
constexpr uint32_t kShown = 50;
constexpr uint32_t kRefined = 100;

using Scores = std::vector<float>;  // [n], larger is nearer

struct QuerySet {
  std::string name;
  Vectors queries;
  Ordinals truth;
};

Vectors read_unit(const std::string& path, uint32_t limit = UINT32_MAX) {
  Vectors vectors = read_npy(path, limit);
  for (uint32_t i = 0; i < vectors.rows; ++i) testing::scale_to_unit(vectors.row(i));
  return vectors;
}

// score(query) for all rows: what is found alone, and after refining the best with float32.
void report(const std::string& name, double row_bytes, const Vectors& base,
            const std::vector<QuerySet>& sets,
            const std::function<Scores(std::span<const float>)>& score) {
  const auto dot = best_dot_kernels().dot_f32;
  for (const auto& set : sets) {
    double alone = 0;
    double shown = 0;
    double refined = 0;
    for (uint32_t q = 0; q < set.queries.rows; ++q) {
      const auto query = set.queries.row(q);
      const Scores scores = score(query);
      BasicTopK<float> best(kRefined);
      for (uint32_t row = 0; row < scores.size(); ++row) best.offer(-scores[row], row);
      const auto truth = set.truth.row(q).first(kTruth);
      const auto is_true = [&](uint32_t row) {
        return std::find(truth.begin(), truth.end(), row) != truth.end();
      };
      BasicTopK<float> exact(kTruth);
      uint32_t position = 0;
      for (const auto& [distance, row] : best.take_sorted()) {
        alone += position < kTruth && is_true(row);
        shown += position < kShown && is_true(row);
        exact.offer(-dot(query.data(), base.row(row).data(), base.dim), row);
        ++position;
      }
      for (const auto& [distance, row] : exact.take_sorted()) refined += is_true(row);
    }
    const double all = double{1} * kTruth * set.queries.rows;
    std::printf(R"({"benchmark":"code","code":"%s","row_bytes":%.0f,"queries":"%s",)"
                R"("recall_at_10":%.4f,"within_50":%.4f,"refined_100":%.4f})"
                "\n",
                name.c_str(), row_bytes, set.name.c_str(), alone / all, shown / all, refined / all);
    std::fflush(stdout);
  }
}

void report(const CodedRows& coded, const Vectors& base, const std::vector<QuerySet>& sets) {
  const auto dot = best_dot_kernels().dot_f32;
  report(coded.name, coded.row_bytes, base, sets, [&](std::span<const float> query) {
    Scores scores;
    for (size_t start = 0; start < coded.rows.size(); start += base.dim) {
      scores.push_back(dot(query.data(), coded.rows.data() + start, base.dim));
    }
    return scores;
  });
}

// Every tier of ours: its first bytes by the tables of the scan, all of it by its digits.
void report_ours(const Vectors& base, const Vectors& training, double image_share,
                 const std::vector<QuerySet>& sets) {
  PagedOptions options;
  options.fitting.image_share = image_share;
  const RowSource source{base.rows, base.dim,
                         [&](uint32_t first, uint32_t count, std::span<float> rows) {
                           std::copy_n(base.values.begin() + ptrdiff_t{first} * base.dim,
                                       size_t{count} * base.dim, rows.begin());
                           return Result<void>{};
                         }};
  Progress progress(ProgressStyle::kQuiet);
  auto plan = plan_paged_index(source, training.values, options, nullptr, progress);
  if (!plan) fail(plan.error().message);
  auto codes = plan->basis.codes;
  const size_t row_bytes = codes.row_bytes();
  const std::string name = image_share > 0 ? "ours, for texts and images" : "ours, for texts";
  for (const size_t bytes : {size_t{16}, size_t{32}, size_t{64}, size_t{128}, row_bytes}) {
    codes.first_digits = static_cast<uint32_t>(4 * bytes);
    report(name, static_cast<double>(bytes), base, sets, [&](std::span<const float> query) {
      const auto weights = weigh_query(codes, query).value();
      const auto centroids = centroid_similarities(plan->directory, weights);
      const auto scan = make_scan_tables(codes, weights);
      const auto digits = make_digit_values(codes, weights);
      Scores scores(base.rows);
      size_t cell = 0;
      for (uint32_t row = 0; row < base.rows; ++row) {
        while (plan->directory.first_row[cell + 1] <= row) ++cell;
        const auto code = std::span(plan->codes).subspan(row * row_bytes, bytes);
        double sum = 0;
        if (bytes == row_bytes) {
          sum = centroids[cell] + digits.unit * dot_digits(digits.values, code);
        } else {
          sum = scan.unit * (scan_offset(centroids[cell], scan) + scan_row(scan, code));
        }
        scores[plan->source_rows[row]] = static_cast<float>(sum);
      }
      return scores;
    });
  }
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using namespace sightline::bench;
  std::map<std::string, std::string> options = {{"--data", ""}, {"--query-limit", "200"}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  const std::string folder = options["--data"];
  const auto limit = static_cast<uint32_t>(std::stoul(options["--query-limit"]));
  const Vectors base = read_unit(folder + "/base.npy");
  std::vector<QuerySet> sets;
  for (const char* name : {"text", "image"}) {
    sets.push_back({name, read_unit(folder + "/" + name + "_queries.npy", limit),
                    read_npy_ordinals(folder + "/truth_" + name + "_10.npy")});
  }
  const Vectors training = read_unit(folder + "/text_queries_train.npy");
  report_ours(base, training, 0, sets);
  report_ours(base, training, 0.3, sets);
  const auto cells = plain_cells(base, 256);
  for (const uint32_t bits : {1u, 2u, 4u}) report(rabitq_rows(base, cells, bits), base, sets);
  for (const uint32_t parts : {32u, 64u, 128u}) report(pq_rows(base, cells, parts), base, sets);
  for (const uint32_t bits : {4u, 8u}) report(scalar_rows(base, bits), base, sets);
}
