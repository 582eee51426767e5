#include "indexer/commands/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <sstream>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/bundle/opened_bundle.h"
#include "indexer/index/graph_builder.h"
#include "indexer/phrases/phrases.h"
#include "indexer/query/query_encoder.h"
#include "native/vectors/dot.h"

namespace sightline {
namespace {

constexpr uint32_t kRecallK = 10;
constexpr size_t kMaxQueriesBytes = 16u << 20;

using Clock = std::chrono::steady_clock;
using Answers = std::vector<std::vector<Hit>>;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Measurement {
  std::vector<double> times_ms;  // [queries], ascending
  Answers answers;

  double average_ms() const {
    return std::accumulate(times_ms.begin(), times_ms.end(), 0.0) /
           static_cast<double>(times_ms.size());
  }
  double percentile_ms(double share) const {
    return times_ms[static_cast<size_t>(share * static_cast<double>(times_ms.size() - 1))];
  }
};

Result<Measurement> measure(Searcher& searcher, std::span<const float> queries,
                            const SearchOptions& options, uint32_t repeat) {
  const size_t dim = searcher.root().model.embedding_dim;
  Measurement best;
  for (uint32_t run = 0; run < std::max(1u, repeat); ++run) {
    Measurement measured;
    for (size_t start = 0; start < queries.size(); start += dim) {
      const auto started = Clock::now();
      ASSIGN_OR_RETURN(auto answer, searcher.search(queries.subspan(start, dim), options));
      auto& hits = answer.hits;
      measured.times_ms.push_back(milliseconds_since(started));
      measured.answers.push_back(std::move(hits));
    }
    std::sort(measured.times_ms.begin(), measured.times_ms.end());
    if (run == 0 || measured.average_ms() < best.average_ms()) best = std::move(measured);
  }
  return best;
}

double recall(const Answers& found, const Answers& truth) {
  size_t hit_count = 0;
  size_t expected = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    for (const Hit& hit : truth[i]) {
      ++expected;
      hit_count += std::any_of(found[i].begin(), found[i].end(),
                               [&](const Hit& other) { return other.image == hit.image; });
    }
  }
  return expected == 0 ? 1.0 : static_cast<double>(hit_count) / static_cast<double>(expected);
}

JsonValue times_json(const Measurement& measured) {
  return JsonValue{{"average_ms", measured.average_ms()},
                   {"p50_ms", measured.percentile_ms(0.50)},
                   {"p95_ms", measured.percentile_ms(0.95)},
                   {"p99_ms", measured.percentile_ms(0.99)}};
}

Result<std::vector<std::string>> read_queries(const BenchOptions& options, const Root& root) {
  if (options.queries.empty()) {
    ASSIGN_OR_RETURN(const auto list, open_phrase_list(options.phrase_list));
    return query_phrases(list, root.class_names);
  }
  ASSIGN_OR_RETURN(const auto text, read_text_file(options.queries, kMaxQueriesBytes));
  std::istringstream lines(text);
  std::vector<std::string> queries;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) queries.push_back(line);
  }
  if (queries.empty())
    return invalid_argument(options.queries + ": no query in it, expected one a line");
  return queries;
}

Result<JsonValue> measure_build(const LoadedIndex& index) {
  const uint32_t dim = index.info().dim;
  std::vector<float> rows(size_t{index.info().row_count} * dim);
  for (uint32_t row = 0; row < index.info().row_count; ++row) {
    index.decode(row, std::span(rows).subspan(size_t{row} * dim, dim));
  }
  const GraphOptions options{index.info().m, index.info().ef_construction};
  const auto started = Clock::now();
  ASSIGN_OR_RETURN(const auto graph, build_graph(rows, dim, options));
  return JsonValue{{"rows", graph.rows()}, {"seconds", milliseconds_since(started) / 1000}};
}

}  // namespace

Result<int> run_bench(const BenchOptions& options) {
  ASSIGN_OR_RETURN(auto bundle, OpenedBundle::open(options.bundle));
  RETURN_IF_ERROR(bundle.load_index());
  ASSIGN_OR_RETURN(const auto texts, read_queries(options, bundle.root()));
  ASSIGN_OR_RETURN(const auto queries, embed_query_texts(bundle, texts));

  SearchOptions search;
  search.k = kRecallK;
  search.path = SearchPath::kExact;
  ASSIGN_OR_RETURN(const auto exact, measure(bundle.searcher(), queries, search, options.repeat));
  search.path = SearchPath::kHnsw;
  JsonValue::Array runs;
  for (const uint32_t ef_search : options.ef_search) {
    search.ef_search = ef_search;
    ASSIGN_OR_RETURN(const auto hnsw, measure(bundle.searcher(), queries, search, options.repeat));
    JsonValue run{{"efSearch", ef_search},
                  {"recall_at_10", recall(hnsw.answers, exact.answers)},
                  {"speed_up_over_exact", exact.average_ms() / hnsw.average_ms()}};
    run.set("times", times_json(hnsw));
    runs.push_back(std::move(run));
  }
  JsonValue report{{"bundle", options.bundle},
                   {"image_count", bundle.root().live_image_count()},
                   {"query_count", texts.size()},
                   {"simd", simd_level_name()},
                   {"threads", 1},
                   {"exact", times_json(exact)},
                   {"hnsw", std::move(runs)}};
  if (options.measure_build) {
    JsonValue::Array builds;
    for (const auto& index : bundle.searcher().indexes()) {
      ASSIGN_OR_RETURN(auto build, measure_build(index));
      builds.push_back(std::move(build));
    }
    report.set("builds", std::move(builds));
  }
  const std::string text = dump_json(report, 2) + "\n";
  if (!options.output.empty()) {
    RETURN_IF_ERROR(write_file_atomic(options.output, std::string_view(text)));
    return 0;
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace sightline
