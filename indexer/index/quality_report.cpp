#include "indexer/index/quality_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "native/vectors/dot.h"
#include "native/vectors/hnsw_search.h"

namespace sightline {
namespace {

constexpr size_t kRecallK = 10;
constexpr uint32_t kEfSearch = 50;
constexpr size_t kExampleCount = 8;
constexpr uint32_t kMaxSampledRows = 20000;

// The places of the k rows nearest to the query by exact float inner product.
std::vector<uint32_t> exact_nearest(const RowTable& rows, const float* query, size_t k) {
  BasicTopK<float> nearest(k);
  const auto dot = best_dot_kernels().dot_f32;
  for (uint32_t row = 0; row < rows.views.size(); ++row) {
    nearest.offer(-dot(query, rows.embeddings.data() + size_t{row} * rows.dim, rows.dim),
                  rows.place(row));
  }
  std::vector<uint32_t> ordinals;
  for (const auto& neighbor : nearest.take_sorted()) ordinals.push_back(neighbor.ordinal);
  return ordinals;
}

double resident_bytes(const IndexInfo& info) {
  double bytes = 0;
  for (const auto* parts : {&info.codes, &info.refinement, &info.views, &info.graph}) {
    for (const auto& part : *parts) bytes += part.stored_bytes;
  }
  return bytes;
}

// How far the tenth best similarity of a phrase stands out from all its similarities.
double clarity(const RowTable& rows, const float* phrase) {
  BasicTopK<float> nearest(kRecallK);
  double sum = 0;
  double sum_of_squares = 0;
  size_t count = 0;
  const size_t stride = rows.views.size() / kMaxSampledRows + 1;
  for (size_t row = 0; row < rows.views.size(); row += stride, ++count) {
    const float similarity = dot_f32(phrase, rows.embeddings.data() + row * rows.dim, rows.dim);
    nearest.offer(-similarity, static_cast<uint32_t>(row));
    sum += similarity;
    sum_of_squares += double{similarity} * similarity;
  }
  if (count < kRecallK) return 0;
  const double mean = sum / static_cast<double>(count);
  const double variance = sum_of_squares / static_cast<double>(count) - mean * mean;
  return variance > 1e-12 ? (-nearest.take_sorted().back().distance - mean) / std::sqrt(variance)
                          : 0;
}

// Whether a phrase repeats a telling word of the phrases chosen so far, and if not, its words
// count.
bool is_fresh(const std::string& phrase, std::map<std::string, int>& used) {
  std::istringstream words(phrase);
  std::vector<std::string> telling;
  for (std::string word; words >> word;) {
    if (word.size() > 2 && word != "the" && word != "and") telling.push_back(word);
  }
  const bool fresh =
      std::all_of(telling.begin(), telling.end(), [&](auto& word) { return used[word] < 1; });
  if (fresh) {
    for (const auto& word : telling) ++used[word];
  }
  return fresh;
}

}  // namespace

Result<std::vector<QualityFigure>> measure_quality(const RowTable& rows, const BuiltIndex& index,
                                                   std::span<const float> queries) {
  SearchScratch scratch;
  std::vector<uint64_t> places((index.info.row_count + 63) / 64);
  for (size_t row = 0; row < rows.views.size(); ++row) {
    places[rows.place(row) / 64] |= uint64_t{1} << (rows.place(row) % 64);
  }
  const RowFilter filter =
      rows.views.size() < index.info.row_count ? RowFilter(places) : RowFilter();
  size_t found = 0;
  size_t expected = 0;
  size_t query_count = 0;
  for (; !queries.empty() && !rows.views.empty(); queries = queries.subspan(rows.dim)) {
    const auto query = queries.first(rows.dim);
    const auto truth = exact_nearest(rows, query.data(), kRecallK);
    ASSIGN_OR_RETURN(const auto code, encode_query(index.parameters, query));
    const auto hits =
        search_hnsw(index.graph, index.code_table(), code, kRecallK, kEfSearch, scratch, filter);
    for (const auto& hit : hits) {
      found += static_cast<size_t>(std::count(truth.begin(), truth.end(), hit.ordinal));
    }
    expected += truth.size();
    ++query_count;
  }
  std::vector<QualityFigure> figures;
  if (expected > 0) {
    figures.push_back({"recall_at_10", static_cast<double>(found) / static_cast<double>(expected)});
    figures.push_back({"recall_queries", static_cast<double>(query_count)});
    figures.push_back({"ef_search", kEfSearch});
  }
  figures.push_back({"resident_bytes", resident_bytes(index.info)});
  return figures;
}

std::vector<ExampleQuery> choose_examples(const std::vector<std::string>& phrases,
                                          std::span<const float> embeddings,
                                          std::span<const RowTable* const> tables) {
  if (phrases.empty()) return {};
  const size_t dim = embeddings.size() / phrases.size();
  std::vector<std::pair<double, size_t>> ranked;
  for (size_t i = 0; i < phrases.size(); ++i) {
    double best = 0;
    for (const auto* table : tables) {
      best = std::max(best, clarity(*table, embeddings.data() + i * dim));
    }
    ranked.emplace_back(-best, i);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<ExampleQuery> examples;
  std::map<std::string, int> used;
  for (const auto& [clarity_rank, i] : ranked) {
    if (examples.size() == kExampleCount) break;
    if (!is_fresh(phrases[i], used)) continue;
    const auto embedding = embeddings.subspan(i * dim, dim);
    examples.push_back({phrases[i], {embedding.begin(), embedding.end()}});
  }
  return examples;
}

}  // namespace sightline
