// Measures the core on seeded, clustered vectors with text-like queries, one thread, and prints one
// JSON object a line. Natively hnswlib is measured in the same run on the same graph; --data FILE
// keeps the vectors and the graph, so that the WebAssembly build measures the same work.
//
//   core_bench [--data FILE] [--rows 50000] [--queries 1000]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "native/base/byte_writer.h"
#include "native/base/sha256.h"
#include "native/vectors/exact_search.h"
#include "native/vectors/hnsw_search.h"
#include "tests/bench/bench_work.h"
#include "tests/native/vectors/clustered_vectors.h"

#if defined(__EMSCRIPTEN__)
#define WITH_HNSWLIB 0
#else
#define WITH_HNSWLIB 1
#include "tests/bench/native/hnswlib_index.h"
#endif

namespace sightline {
namespace {

constexpr double kRecallGoal = 0.95;
constexpr size_t kEfSearchSteps[] = {10, 12, 14, 16,  20,  24,  28,  32,  40,  48,
                                     64, 80, 96, 112, 128, 144, 160, 176, 192, 256};

using Answers = std::vector<std::vector<uint32_t>>;  // per query, nearest first

double now_us() {
  using namespace std::chrono;
  return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double recall(const Work& work, const Answers& answers) {
  size_t found = 0;
  for (uint32_t i = 0; i < work.query_count; ++i) {
    const uint32_t* truth = work.truth.data() + size_t{i} * kK;
    for (const uint32_t row : answers[i]) found += std::count(truth, truth + kK, row);
  }
  return static_cast<double>(found) / (double{kK} * work.query_count);
}

const volatile void* volatile sink;

void bench_kernels(const Work& work) {
  constexpr size_t kRepeats = 400000;
  for (const auto level :
       {SimdLevel::kScalar, SimdLevel::kSse4, SimdLevel::kAvx2, SimdLevel::kWasm}) {
    if (!simd_level_available(level)) continue;
    const DotKernels& kernels = dot_kernels(level);
    const QueryCode query = checked(encode_query(work.parameters, work.query(0)));
    const uint32_t resident = std::min<uint32_t>(work.rows, 16);
    const auto time = [&](const char* name, const auto& dot) {
      auto total = dot(0);
      double best = std::numeric_limits<double>::max();
      for (int pass = 0; pass < 3; ++pass) {
        const double start = now_us();
        for (size_t i = 0; i < kRepeats; ++i) total += dot(i % resident);
        best = std::min(best, now_us() - start);
      }
      sink = &total;
      std::printf(R"({"benchmark":"dot","function":"%s","kernel":"%s","dim":%u,"ns":%.1f})"
                  "\n",
                  name, simd_level_name(level), kDim, best * 1000 / kRepeats);
    };
    const CodeTable table = work.table();
    const int16_t* values = query.values.data();
    time("dot_f32", [&](size_t i) {
      return kernels.dot_f32(work.query(0).data(),
                             work.query(static_cast<uint32_t>(i) % work.query_count).data(), kDim);
    });
    time("dot_i16_i8", [&](size_t i) {
      return int64_t{kernels.dot_i16_i8(values, table.row(static_cast<uint32_t>(i)), kDim)};
    });
    time("dot_i16_u4", [&](size_t i) {
      return int64_t{
          kernels.dot_i16_u4(values, table.row_refinement(static_cast<uint32_t>(i)), kDim)};
    });
  }
}

// Times search(query number) -> rows for every query five times over. A query's time is its best,
// so that other work on the machine does not count; p50 is the median of the queries.
struct Measured {
  double recall;
  double p50_us;
};
template <class Search>
Measured measure(const Work& work, const Search& search) {
  Answers answers(work.query_count);
  std::vector<double> times(work.query_count, std::numeric_limits<double>::max());
  for (int pass = 0; pass < 5; ++pass) {
    for (uint32_t i = 0; i < work.query_count; ++i) {
      const double start = now_us();
      answers[i] = search(i);
      times[i] = std::min(times[i], now_us() - start);
    }
  }
  return {recall(work, answers), median(times)};
}

// The first ef_search that reaches the goal, printed and returned.
template <class Search>
Measured bench_graph(const Work& work, const char* engine, const char* kernel,
                     const Search& search) {
  Measured measured{};
  for (const size_t ef_search : kEfSearchSteps) {
    measured = measure(work, [&](uint32_t i) { return search(i, ef_search); });
    if (measured.recall < kRecallGoal && ef_search != 256) continue;
    std::printf(R"({"benchmark":"hnsw","engine":"%s","kernel":"%s","rows":%u,"dim":%u,)"
                R"("ef_search":%zu,"recall_at_10":%.4f,"p50_us":%.1f})"
                "\n",
                engine, kernel, work.rows, kDim, ef_search, measured.recall, measured.p50_us);
    break;
  }
  return measured;
}

std::vector<uint32_t> ordinals(const std::vector<Neighbor>& neighbors) {
  std::vector<uint32_t> rows;
  for (const auto& neighbor : neighbors) rows.push_back(neighbor.ordinal);
  return rows;
}

Measured bench_core(const Work& work, SimdLevel level) {
  const DotKernels& kernels = dot_kernels(level);
  const char* kernel = simd_level_name(level);
  const CodeTable table = work.table();
  SearchScratch scratch;
  double scan_us = std::numeric_limits<double>::max();
  for (uint32_t i = 0; i < std::min(work.query_count, 100u); ++i) {
    const auto query = checked(encode_query(work.parameters, work.query(i)));
    const double start = now_us();
    const auto found = search_exact(query, table, kK, {}, kernels);
    scan_us = std::min(scan_us, now_us() - start);
    sink = found.data();
  }
  std::printf(R"({"benchmark":"exact_scan","kernel":"%s","rows":%u,"dim":%u,"best_us":%.1f})"
              "\n",
              kernel, work.rows, kDim, scan_us);
  return bench_graph(work, "sightline", kernel, [&](uint32_t i, size_t ef_search) {
    const auto query = checked(encode_query(work.parameters, work.query(i)));
    return ordinals(search_hnsw(work.graph, table, query, kK, ef_search, scratch, {}, kernels));
  });
}

// The same on every target: ids, distances and similarities of all queries.
void print_answers_hash(const Work& work) {
  SearchScratch scratch;
  ByteWriter bytes;
  for (uint32_t i = 0; i < work.query_count; ++i) {
    const auto query = checked(encode_query(work.parameters, work.query(i)));
    for (const auto& neighbor : search_hnsw(work.graph, work.table(), query, kK, 50, scratch)) {
      bytes.write(neighbor.ordinal);
      bytes.write(neighbor.distance);
      bytes.write(query.similarity(-neighbor.distance));
    }
  }
  std::printf(R"({"benchmark":"answers","queries":%u,"sha256":"%s"})"
              "\n",
              work.query_count, to_hex(sha256(bytes.bytes())).c_str());
}

#if WITH_HNSWLIB

Work make_work(const testing::ClusteredVectors& vectors, const bench::HnswlibIndex& index) {
  Work work;
  work.rows = static_cast<uint32_t>(vectors.images.size() / kDim);
  work.query_count = static_cast<uint32_t>(vectors.texts.size() / kDim);
  work.queries = vectors.texts;
  work.parameters = fit_codes(vectors.images, kDim);
  work.codes.resize(size_t{work.rows} * kDim);
  work.refinement.resize(work.rows * refinement_bytes(kDim));
  for (uint32_t row = 0; row < work.rows; ++row) {
    encode_row(
        work.parameters, vectors.image(row),
        std::span(work.codes).subspan(size_t{row} * kDim, kDim),
        std::span(work.refinement).subspan(row * refinement_bytes(kDim), refinement_bytes(kDim)));
  }
  for (uint32_t i = 0; i < work.query_count; ++i) {
    BasicTopK<float> nearest(kK);
    const auto dot = best_dot_kernels().dot_f32;
    for (uint32_t row = 0; row < work.rows; ++row) {
      nearest.offer(-dot(work.query(i).data(), vectors.image(row).data(), kDim), row);
    }
    for (const auto& neighbor : nearest.take_sorted()) work.truth.push_back(neighbor.ordinal);
  }
  work.graph = index.copy_graph();
  return work;
}

Measured bench_hnswlib(const Work& work, bench::HnswlibIndex& index) {
  return bench_graph(work, "hnswlib", "its own", [&](uint32_t i, size_t ef_search) {
    index.set_ef_search(static_cast<uint32_t>(ef_search));
    std::vector<uint32_t> rows(kK);
    rows.resize(index.search(work.query(i).data(), rows));
    return rows;
  });
}

void run_native(uint32_t rows, uint32_t query_count, const char* data_path) {
  const auto vectors = testing::make_clustered_vectors(11, rows, query_count, kDim, 100);
  const double start = now_us();
  bench::HnswlibIndex index(vectors.images, kDim);
  std::printf(R"({"benchmark":"build","engine":"hnswlib","rows":%u,"dim":%u,"seconds":%.1f})"
              "\n",
              rows, kDim, (now_us() - start) / 1e6);
  const Work work = make_work(vectors, index);
  if (data_path != nullptr) write_work(work, data_path);
  bench_kernels(work);
  if (simd_level_available(SimdLevel::kSse4)) bench_core(work, SimdLevel::kSse4);
  const Measured theirs = bench_hnswlib(work, index);
  const Measured ours = bench_core(
      work, simd_level_available(SimdLevel::kAvx2) ? SimdLevel::kAvx2 : SimdLevel::kScalar);
  std::printf(R"({"benchmark":"hnsw_ratio","sightline_to_hnswlib_p50":%.2f})"
              "\n",
              ours.p50_us / theirs.p50_us);
  print_answers_hash(work);
}

#endif

void run(uint32_t rows, uint32_t query_count, const char* data_path) {
#if WITH_HNSWLIB
  run_native(rows, query_count, data_path);
#else
  (void)rows, (void)query_count;
  if (data_path == nullptr) fail("--data FILE is needed here: a file written by the native build");
  const Work work = read_work(data_path);
  bench_kernels(work);
  bench_core(work, simd_level_available(SimdLevel::kWasm) ? SimdLevel::kWasm : SimdLevel::kScalar);
  print_answers_hash(work);
#endif
}

}  // namespace
}  // namespace sightline

int main(int argc, char** argv) {
  uint32_t rows = 50000;
  uint32_t query_count = 1000;
  const char* data_path = nullptr;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rows") == 0) rows = static_cast<uint32_t>(std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--queries") == 0) {
      query_count = static_cast<uint32_t>(std::atoi(argv[i + 1]));
    }
    if (std::strcmp(argv[i], "--data") == 0) data_path = argv[i + 1];
  }
  if (rows < 100 || query_count < 1) sightline::fail("--rows must be at least 100, --queries 1");
  sightline::run(rows, query_count, data_path);
}
