#include "indexer/assemble/assemble_text.h"

#include <algorithm>
#include <mutex>

#include "indexer/assemble/relevance_fit.h"
#include "indexer/index/index_builder.h"
#include "indexer/index/matrix.h"
#include "indexer/index/quality_report.h"
#include "indexer/phrases/bank_phrases.h"
#include "indexer/phrases/phrases.h"
#include "native/clip/familiarity.h"

namespace sightline {
namespace {

// Codes and cells are fitted to so many phrases of a bank made by rule.
constexpr uint32_t kTypicalQueries = 2000;
constexpr uint32_t kSampledRows = 20'000;

// Every n-th row, as a table.
Result<RowTable> sample_rows(const RowSource& rows) {
  RowTable sample;
  sample.dim = rows.dim;
  const uint32_t stride = rows.row_count / kSampledRows + 1;
  std::vector<float> row(rows.dim);
  for (uint32_t i = 0; i < rows.row_count; i += stride) {
    RETURN_IF_ERROR(rows.read(i, 1, row));
    sample.embeddings.insert(sample.embeddings.end(), row.begin(), row.end());
    sample.views.push_back({i, {}});
  }
  return sample;
}

// The best inner product of each query [n, dim] with any row.
Result<std::vector<double>> best_in_rows(const RowSource& rows, std::span<const float> queries,
                                         unsigned thread_count) {
  std::vector<double> best(queries.size() / rows.dim, -1);
  std::mutex mutex;
  RETURN_IF_ERROR(for_blocks(rows, thread_count, [&](uint32_t, auto values) {
    const size_t count = values.size() / rows.dim;
    std::vector<float> products(best.size() * count);
    multiply_transposed(queries, values, rows.dim, products);
    const std::lock_guard lock(mutex);
    for (size_t q = 0; q < best.size(); ++q) {
      const auto of_query = std::span(products).subspan(q * count, count);
      best[q] = std::max(best[q], double{*std::max_element(of_query.begin(), of_query.end())});
    }
  }));
  return best;
}

// Of words that the model knows, where nobody says what visitors ask for.
std::vector<std::string> asked_phrases(const VectorTextOptions& options, const ClipModel& clip) {
  if (!options.queries.empty()) return options.queries;
  auto phrases = query_phrases(options.bank.list, {});
  std::erase_if(phrases,
                [&](const auto& text) { return text_familiarity(clip.tokenizer(), text) < 1; });
  return phrases.empty() ? query_phrases(options.bank.list, {}) : phrases;
}

}  // namespace

Result<std::vector<float>> typical_queries(const VectorTextOptions& options,
                                           const ClipModel& clip) {
  auto texts = asked_phrases(options, clip);
  if (options.queries.empty()) {
    const BankOptions bank{
        .list = options.bank.list, .builtin_count = kTypicalQueries, .phrases = {}};
    for (auto& text : bank_phrases(bank, {}, {}, {}, 0, clip.tokenizer())) {
      texts.push_back(std::move(text));
    }
  }
  return clip.embed_text_batches(texts);
}

Result<void> assemble_vector_text(const RowSource& rows, const VectorTextOptions& options,
                                  const ClipModel& clip, Catalog& catalog, BundleWriter& writer,
                                  Progress& progress, Root& root) {
  RETURN_IF_ERROR(add_model(clip, options.models, options.model_warning, writer, root));
  progress.begin("examples");
  const auto phrases = asked_phrases(options, clip);
  ASSIGN_OR_RETURN(const auto embeddings, clip.embed_text_batches(phrases));
  ASSIGN_OR_RETURN(const RowTable sample, sample_rows(rows));
  const RowTable* const tables[] = {&sample};
  auto examples = choose_examples(phrases, embeddings, tables);
  std::vector<std::string> example_texts;
  for (auto& example : examples) {
    // What the bank would answer, so that a query has one embedding wherever it is found.
    example.embedding = decode_phrase(encode_phrase(example.embedding));
    example_texts.push_back(example.text);
  }
  ASSIGN_OR_RETURN(root.examples,
                   writer.add_payload(ObjectKind::kExamples, write_examples(examples, clip.dim())));
  const auto spread = measure_spread(sample, embeddings);
  ASSIGN_OR_RETURN(root.relevance, calibrate_relevance(
                                       phrases, spread.mean,
                                       [&](std::span<const float> queries) {
                                         return best_in_rows(rows, queries, options.thread_count);
                                       },
                                       clip));
  const auto bank =
      bank_phrases(options.bank, example_texts, {}, {}, rows.row_count, clip.tokenizer());
  ASSIGN_OR_RETURN(root.phrase_bank, add_phrase_bank(bank, {}, clip, catalog, writer, progress));
  return {};
}

}  // namespace sightline
