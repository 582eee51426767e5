#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "indexer/base/progress.h"
#include "native/base/result.h"
#include "native/base/sha256.h"

namespace sightline {

// What takes long in a build of vectors, in its order; of each what is there is kept.
enum class BuildStep : uint8_t { kCells, kPlan, kGraph };

// Keeps what such steps have come to in a folder beside what is built, OUT.unfinished, so that a
// build that was stopped goes on from there when it is run again. The folder is gone when a build
// has ended well.
//
// What is kept counts only while it is whole and of the same key, program and version of this
// code; files that are not the program's are left alone. Nothing here can fail a build: where the
// disk takes nothing, or has no room for that and the bundle, a note says so once and the build
// goes on without.
class BuildCheckpoint {
 public:
  using Duration = std::chrono::duration<double>;
  using Write = std::function<Result<std::vector<uint8_t>>()>;

  // out: the site or bundle that is made. key: a digest of all that decides what the steps come
  // to. What takes less than `least` to make again is not kept. bundle_bytes: what is still to be
  // written beside.
  BuildCheckpoint(const std::string& out, const Sha256Digest& key, Progress& progress,
                  Duration least, uint64_t bundle_bytes = 0);

  // What a build that was stopped has kept of a step, which begins now; or nothing.
  std::optional<std::vector<uint8_t>> load(BuildStep step);

  // Keeps what write gives in place of what was kept of the step before. Of a part so seldom that
  // it takes a hundredth of the step's time; cheap in between, so that it can be called after
  // every row.
  void keep_part(BuildStep step, const Write& write) { keep(step, write, 100 * cost_); }
  void keep_whole(BuildStep step, const Write& write) { keep(step, write, least_); }

  // Forgets all steps.
  void discard();

  const std::string& folder() const { return folder_; }

 private:
  using Clock = std::chrono::steady_clock;

  void keep(BuildStep step, const Write& write, Duration wanted);
  Result<void> keep_now(BuildStep step, const Write& write) const;
  std::string path(BuildStep step) const;

  std::string folder_;
  Sha256Digest key_ = {};
  Progress& progress_;
  Duration least_;
  uint64_t bundle_bytes_;
  Clock::time_point kept_at_;  // or when the step began
  Duration cost_{0};           // of keeping it the last time
  bool has_warned_ = false;
};

}  // namespace sightline
