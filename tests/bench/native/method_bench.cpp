// Measures every native method on one data set, one thread, and prints one JSON object a line:
// recall@10 against queries per second over the method's search parameter, and bytes per vector.
//
//   method_bench --data DIR [--queries text,image] [--methods NAME,...] [--query-limit N]
//                [--bundle BUNDLE]
//
// DIR is what simulate_vectors or sift_vectors wrote; BUNDLE what `sightline build DIR/base.npy`
// made.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <map>
#include <sstream>
#include <string>

#include "tests/bench/data/npy_vectors.h"
#include "tests/bench/native/bench_method.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

constexpr uint32_t kK = 10;
constexpr int kPasses = 3;
// The curve ends where more recall is of no interest, or costs more than anyone would pay.
constexpr double kEnoughRecall = 0.995;
constexpr double kTooSlowPerS = 80;

double now_s() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

struct QuerySet {
  std::string name;
  Vectors queries;
  Ordinals truth;
};

QuerySet read_queries(const std::string& folder, const std::string& name, uint32_t limit) {
  QuerySet set{name, read_npy(folder + "/" + name + "_queries.npy", limit),
               read_npy_ordinals(folder + "/truth_" + name + "_10.npy")};
  for (uint32_t i = 0; i < set.queries.rows; ++i) testing::scale_to_unit(set.queries.row(i));
  return set;
}

struct Point {
  double recall;
  double queries_per_s;
  double p50_us;
};

// A query's time is its best of three, so that other work on the machine does not count.
Point measure(BenchIndex& index, const QuerySet& set) {
  std::vector<double> times(set.queries.rows, std::numeric_limits<double>::max());
  size_t found = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    found = 0;
    for (uint32_t i = 0; i < set.queries.rows; ++i) {
      std::vector<uint32_t> nearest(kK, UINT32_MAX);
      const double start = now_s();
      index.search(set.queries.row(i), nearest);
      times[i] = std::min(times[i], now_s() - start);
      const auto truth = set.truth.row(i);
      for (const uint32_t row : nearest) found += std::count(truth.begin(), truth.end(), row);
    }
  }
  double total = 0;
  for (const double time : times) total += time;
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return {static_cast<double>(found) / (double{kK} * set.queries.rows), set.queries.rows / total,
          times[times.size() / 2] * 1e6};
}

void run(const BenchMethod& method, const Vectors& base, const std::vector<QuerySet>& sets) {
  const double start = now_s();
  const auto index = method.build(base);
  std::printf(R"({"benchmark":"build","method":"%s","rows":%u,"dim":%u,"build_s":%.1f,)"
              R"("bytes_per_vector":%.1f})"
              "\n",
              method.name.c_str(), base.rows, base.dim, now_s() - start,
              static_cast<double>(index->stored_bytes()) / base.rows);
  for (const auto& set : sets) {
    for (const uint32_t effort : index->efforts()) {
      index->set_effort(effort);
      const Point point = measure(*index, set);
      std::printf(R"({"benchmark":"curve","method":"%s","queries":"%s","effort":"%s %u",)"
                  R"("recall_at_10":%.4f,"queries_per_s":%.1f,"p50_us":%.1f})"
                  "\n",
                  method.name.c_str(), set.name.c_str(), index->effort_name().c_str(), effort,
                  point.recall, point.queries_per_s, point.p50_us);
      std::fflush(stdout);
      if (point.recall >= kEnoughRecall || point.queries_per_s < kTooSlowPerS) break;
    }
  }
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using namespace sightline::bench;
  std::map<std::string, std::string> options = {{"--data", ""},
                                                {"--queries", "text,image"},
                                                {"--methods", ""},
                                                {"--query-limit", "500"},
                                                {"--bundle", ""}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  std::vector<BenchMethod> methods;
  add_hnswlib_methods(methods);
  add_sightline_methods(methods);
#if WITH_BUNDLES
  if (!options["--bundle"].empty()) add_bundle_methods(options["--bundle"], methods);
#endif
#if WITH_FAISS
  add_faiss_methods(methods);
#else
  std::printf(R"({"benchmark":"missing","library":"Faiss","remedy":"./setup.sh bench"})"
              "\n");
#endif
  const std::string folder = options["--data"];
  Vectors base = read_npy(folder + "/base.npy");
  for (uint32_t i = 0; i < base.rows; ++i) sightline::testing::scale_to_unit(base.row(i));
  std::vector<QuerySet> sets;
  for (const auto& name : split(options["--queries"])) {
    sets.push_back(
        read_queries(folder, name, static_cast<uint32_t>(std::stoul(options["--query-limit"]))));
  }
  const auto wanted = split(options["--methods"]);
  for (const auto& method : methods) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), method.name) == wanted.end()) {
      continue;
    }
    std::fprintf(stderr, "%s\n", method.name.c_str());
    run(method, base, sets);
  }
}
