#include "indexer/publish/build_checkpoint.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "indexer/base/file_io.h"
#include "native/base/byte_writer.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

// Changes with what is kept of a step and with what a step comes to.
constexpr const char* kCheckpointVersion = "sightline " SIGHTLINE_VERSION ", checkpoint 1";

// A file is the key, the SHA-256 of the payload, and the payload.
constexpr size_t kDigestBytes = sizeof(Sha256Digest);
constexpr size_t kHeaderBytes = 2 * kDigestBytes;
constexpr size_t kMaxFileBytes = size_t{1} << 40;

// Of the room on the disk a step takes at most one part: a plan is as large as its bundle.
constexpr uint64_t kPartsOfRoom = 3;

constexpr std::array kSteps = {BuildStep::kCells, BuildStep::kPlan, BuildStep::kGraph};
constexpr std::array kStepNames = {"cells", "plan", "graph"};

// Never within what is published, be it finished or not.
std::string folder_beside(const std::string& out) {
  fs::path path = fs::absolute(out).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return path.string() + ".unfinished";
}

Sha256Digest key_of_program(const Sha256Digest& key) {
  ByteWriter writer;
  writer.write_string(kCheckpointVersion);
  // While a version is being made, its programs differ.
  if (const auto program = stamp_of_file("/proc/self/exe")) {
    writer.write(program->size_bytes);
    writer.write(program->mtime_ns);
  }
  writer.write_bytes(key);
  return sha256(writer.bytes());
}

}  // namespace

BuildCheckpoint::BuildCheckpoint(const std::string& out, const Sha256Digest& key,
                                 Progress& progress, Duration least)
    : folder_(folder_beside(out)), key_(key_of_program(key)), progress_(progress), least_(least) {
  remove_abandoned_files(folder_, Depth::kFolder);
}

std::string BuildCheckpoint::path(BuildStep step) const {
  return folder_ + "/" + kStepNames[static_cast<size_t>(step)];
}

std::optional<std::vector<uint8_t>> BuildCheckpoint::load(BuildStep step) {
  auto bytes = read_file(path(step), kMaxFileBytes);
  cost_ = Duration(0);
  kept_at_ = Clock::now();
  if (!bytes || bytes->size() < kHeaderBytes) return std::nullopt;
  const auto digest = sha256(std::span(*bytes).subspan(kHeaderBytes));
  if (!std::equal(key_.begin(), key_.end(), bytes->begin()) ||
      !std::equal(digest.begin(), digest.end(), bytes->begin() + kDigestBytes)) {
    return std::nullopt;
  }
  bytes->erase(bytes->begin(), bytes->begin() + kHeaderBytes);
  return std::move(*bytes);
}

void BuildCheckpoint::keep(BuildStep step, const Write& write, Duration wanted) {
  const auto begun = Clock::now();
  if (begun - kept_at_ < std::max(wanted, least_)) return;
  const auto keep_now = [&]() -> Result<void> {
    ASSIGN_OR_RETURN(const auto payload, write());
    RETURN_IF_ERROR(make_directories(folder_));
    std::error_code failed;
    const uint64_t room = fs::space(folder_, failed).available;
    if (!failed && room / kPartsOfRoom < payload.size()) {
      return io_error("the disk of " + folder_ + " has too little room for that and the bundle");
    }
    return write_file_atomic(path(step), {key_, sha256(payload), payload});
  };
  if (const auto kept = keep_now(); !kept && !has_warned_) {
    has_warned_ = true;
    progress_.note("if this build is stopped it will not be resumed from here: " +
                   kept.error().message);
  }
  kept_at_ = Clock::now();
  cost_ = kept_at_ - begun;
}

void BuildCheckpoint::discard() {
  std::error_code ignored;
  for (const auto step : kSteps) fs::remove(path(step), ignored);
  // It stays where there is more in it.
  fs::remove(folder_, ignored);
}

}  // namespace sightline
