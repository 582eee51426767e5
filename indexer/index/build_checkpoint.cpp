#include "indexer/index/build_checkpoint.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <unistd.h>

#include "indexer/base/file_io.h"
#include "native/base/byte_writer.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

// Changes with what is kept of a step and with what a step comes to.
constexpr const char* kCheckpointVersion = "sightline " SIGHTLINE_VERSION ", checkpoint 1";

// A file is the magic, the key, the SHA-256 of the payload, and the payload.
constexpr std::string_view kMagic = "SLKEPT01";
constexpr size_t kDigestBytes = sizeof(Sha256Digest);
constexpr size_t kHeaderBytes = kMagic.size() + 2 * kDigestBytes;
constexpr size_t kMaxFileBytes = size_t{1} << 40;

constexpr std::array kSteps = {BuildStep::kCells, BuildStep::kPlan, BuildStep::kGraph};
constexpr std::array kStepNames = {"cells.kept", "plan.kept", "graph.kept"};

// Never within what is published, be it finished or not.
std::string folder_beside(const std::string& out) {
  std::error_code failed;
  fs::path path = fs::absolute(out, failed).lexically_normal();
  if (failed) path = fs::path(out).lexically_normal();
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

// What a file that a build has kept begins with, up to the payload; nothing of other files.
std::optional<std::string> header_of(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(fs::symlink_status(path, ignored))) return std::nullopt;
  std::string header(kHeaderBytes, 0);
  std::ifstream file(path, std::ios::binary);
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  if (!file || !header.starts_with(kMagic)) return std::nullopt;
  return header;
}

}  // namespace

BuildCheckpoint::BuildCheckpoint(const std::string& out, const Sha256Digest& key,
                                 Progress& progress, Duration least, uint64_t bundle_bytes)
    : folder_(folder_beside(out)),
      key_(key_of_program(key)),
      progress_(progress),
      least_(least),
      bundle_bytes_(bundle_bytes) {
  remove_abandoned_files(folder_, Depth::kFolder);
}

std::string BuildCheckpoint::path(BuildStep step) const {
  return folder_ + "/" + kStepNames[static_cast<size_t>(step)];
}

std::optional<std::vector<uint8_t>> BuildCheckpoint::load(BuildStep step) {
  cost_ = Duration(0);
  kept_at_ = Clock::now();
  const auto header = header_of(path(step));
  if (!header) return std::nullopt;
  if (!std::equal(key_.begin(), key_.end(), as_bytes(*header).begin() + kMagic.size())) {
    progress_.note("what " + path(step) +
                   " holds is of other input, options or another program: not resumed from there");
    return std::nullopt;
  }
  auto bytes = read_file(path(step), kMaxFileBytes);
  if (!bytes || bytes->size() < kHeaderBytes) return std::nullopt;
  const auto digest = sha256(std::span(*bytes).subspan(kHeaderBytes));
  if (!std::equal(digest.begin(), digest.end(), bytes->begin() + kMagic.size() + kDigestBytes)) {
    return std::nullopt;
  }
  bytes->erase(bytes->begin(), bytes->begin() + kHeaderBytes);
  return std::move(*bytes);
}

Result<void> BuildCheckpoint::keep_now(BuildStep step, const Write& write) const {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(path(step), failed)) && !header_of(path(step))) {
    return io_error(path(step) + " is in the way, which no build has kept there; move it");
  }
  ASSIGN_OR_RETURN(const auto payload, write());
  RETURN_IF_ERROR(make_directories(folder_));
  const uint64_t room = fs::space(folder_, failed).available;
  if (!failed && room < payload.size() + bundle_bytes_) {
    return io_error("the disk of " + folder_ + " has too little room for that and the bundle");
  }
  return write_file_atomic(path(step), {as_bytes(kMagic), key_, sha256(payload), payload});
}

void BuildCheckpoint::keep(BuildStep step, const Write& write, Duration wanted) {
  const auto begun = Clock::now();
  if (begun - kept_at_ < std::max(wanted, least_)) return;
  if (const auto kept = keep_now(step, write); !kept && !has_warned_) {
    has_warned_ = true;
    progress_.note("if this build is stopped it will not be resumed from here: " +
                   kept.error().message);
  }
  kept_at_ = Clock::now();
  cost_ = kept_at_ - begun;
}

void BuildCheckpoint::discard() {
  for (const auto step : kSteps) {
    std::error_code ignored;
    if (header_of(path(step))) fs::remove(path(step), ignored);
  }
  // It stays where there is more in it, and where it is no folder.
  ::rmdir(folder_.c_str());
}

}  // namespace sightline
