#include "indexer/assemble/add_first_answers.h"

#include <algorithm>
#include <optional>
#include <span>

#include "indexer/assemble/add_phrase_bank.h"
#include "indexer/base/parallel.h"
#include "native/bundle/object.h"
#include "native/search/hit_relevance.h"
#include "native/search/searcher.h"

namespace sightline {
namespace {

// What the page asks for at once; of more than that, the first ones are as good.
constexpr uint32_t kAskedImages = 40;
constexpr size_t kBlock = 256;

Result<Searcher> open_searcher(const Root& root, const BundleWriter& writer) {
  const PackedObject packed = pack_object(ObjectKind::kRoot, write_root(root));
  ASSIGN_OR_RETURN(auto searcher, Searcher::open(packed.ref, packed.stored));
  for (const auto& ref : searcher.missing_objects()) {
    ASSIGN_OR_RETURN(const auto stored, writer.stored(ref));
    RETURN_IF_ERROR(searcher.add_object(ref, stored));
  }
  return searcher;
}

Result<std::vector<uint8_t>> read_object(const ObjectRef& ref, const BundleWriter& writer) {
  ASSIGN_OR_RETURN(const auto stored, writer.stored(ref));
  return unpack_object(ref, stored);
}

// The payload of every page below the directories goes to take().
template <class Take>
Result<void> read_pages(std::span<const PhrasePage> directories, const BundleWriter& writer,
                        const Take& take) {
  for (const auto& directory : directories) {
    ASSIGN_OR_RETURN(const auto payload, read_object(directory.ref, writer));
    ASSIGN_OR_RETURN(const auto pages, parse_phrase_directory(payload));
    for (const auto& page : pages) {
      ASSIGN_OR_RETURN(const auto entries, read_object(page.ref, writer));
      RETURN_IF_ERROR(take(entries));
    }
  }
  return {};
}

// All phrases of the bank, ascending by key.
Result<std::vector<PhraseCode>> read_bank(const Root& root, const BundleWriter& writer) {
  std::vector<PhraseCode> codes;
  const auto take = [&](std::span<const uint8_t> page) -> Result<void> {
    ASSIGN_OR_RETURN(auto entries, parse_phrase_leaf(page, root.model.embedding_dim));
    std::move(entries.begin(), entries.end(), std::back_inserter(codes));
    return {};
  };
  RETURN_IF_ERROR(read_pages(root.phrase_bank.directories, writer, take));
  return codes;
}

Result<std::vector<uint32_t>> find_images(Searcher& searcher, const PhraseCode& phrase) {
  SearchOptions options;
  options.k = kAskedImages;
  ASSIGN_OR_RETURN(const auto answer, searcher.search(decode_phrase(phrase.code), options));
  std::vector<uint32_t> images;
  if (!judge_hits(searcher.root().relevance, answer.hits, 1.0).found) return images;
  for (const auto& hit : answer.hits) {
    if (images.size() < kMaxAnswerImages) images.push_back(hit.image);
  }
  return images;
}

// Each thread has a searcher of its own, for a search keeps its working memory there.
Result<std::vector<PhraseAnswer>> ask_all(const std::vector<PhraseCode>& phrases,
                                          std::vector<Searcher>& searchers, Progress& progress) {
  std::vector<PhraseAnswer> answers(phrases.size());
  const auto thread_count = static_cast<unsigned>(searchers.size());
  std::vector<std::optional<Error>> errors(thread_count);
  progress.begin("first answers", phrases.size());
  for (size_t block = 0; block < phrases.size(); block += kBlock) {
    const size_t end = std::min(block + kBlock, phrases.size());
    parallel_for(thread_count, thread_count, [&](size_t thread) {
      for (size_t i = block + thread; i < end; i += thread_count) {
        auto images = find_images(searchers[thread], phrases[i]);
        if (!images) return void(errors[thread] = images.error());
        answers[i] = {phrases[i].key, std::move(images).value()};
      }
    });
    for (const auto& error : errors) {
      if (error) return *error;
    }
    progress.add(end - block);
  }
  return answers;
}

}  // namespace

Result<std::vector<PhrasePage>> add_first_answers(const Root& root, unsigned thread_count,
                                                  BundleWriter& writer, Progress& progress) {
  if (root.phrase_bank.directories.empty()) return std::vector<PhrasePage>();
  std::vector<Searcher> searchers;
  while (searchers.size() < std::max(1u, thread_count)) {
    ASSIGN_OR_RETURN(auto searcher, open_searcher(root, writer));
    searchers.push_back(std::move(searcher));
  }
  ASSIGN_OR_RETURN(const auto phrases, read_bank(root, writer));
  ASSIGN_OR_RETURN(const auto answers, ask_all(phrases, searchers, progress));
  std::vector<PhrasePage> pages;
  for (size_t start = 0; start < answers.size(); start += kAnswersPerPage) {
    const auto some =
        std::span(answers).subspan(start, std::min(kAnswersPerPage, answers.size() - start));
    ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kPhrases, write_phrase_answers(some)));
    pages.push_back({some.front().key, ref});
  }
  return add_phrase_directories(pages, writer);
}

bool are_answers_whole(std::span<const PhrasePage> directories, const BundleWriter& writer) {
  const auto skip = [](std::span<const uint8_t>) { return Result<void>(); };
  return static_cast<bool>(read_pages(directories, writer, skip));
}

}  // namespace sightline
