#pragma once

#include <span>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/bundle/bundle_writer.h"

namespace sightline {

// Asks the bundle every phrase of its bank and adds pages of what it finds, so that a visitor sees
// the first images of a phrase while the index is still on its way. root: everything but the
// answers, its objects written; only what a search needs of it is read. Returns the directories of
// the pages; none where the bundle has no bank.
Result<std::vector<PhrasePage>> add_first_answers(const Root& root, unsigned thread_count,
                                                  BundleWriter& writer, Progress& progress);

// Whether the pages of a base's answers are there, each with the bytes that its reference says.
bool are_answers_whole(std::span<const PhrasePage> directories, const BundleWriter& writer);

}  // namespace sightline
