#include "indexer/net/file_download.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "indexer/base/file_io.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxUnknownBytes = uint64_t{2} << 30;  // of a protobuf, as networks are

uint64_t limit_of(const WantedFile& wanted) {
  return wanted.bytes > 0 ? wanted.bytes : kMaxUnknownBytes;
}

std::string part_of(const WantedFile& wanted) { return wanted.path + ".part"; }

void remove_part(const WantedFile& wanted) {
  std::error_code ignored;
  fs::remove(part_of(wanted), ignored);
}

Error larger_than_wanted(const std::string& source, const WantedFile& wanted) {
  remove_part(wanted);
  return too_large("cannot fetch " + source + ": it is larger than the " +
                   std::to_string(limit_of(wanted)) + " bytes that " +
                   (wanted.bytes > 0 ? "are pinned; it is another file" : "are allowed"));
}

// A file that grows at its end.
class PartFile {
 public:
  static Result<PartFile> open(const std::string& path) {
    PartFile file(path, ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    struct stat status;
    if (file.descriptor_ < 0 || ::fstat(file.descriptor_, &status) != 0) return file.error();
    file.size_ = static_cast<uint64_t>(status.st_size);
    return file;
  }
  PartFile(PartFile&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        size_(other.size_) {}
  ~PartFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  uint64_t size() const { return size_; }

  Result<void> clear() {
    if (::ftruncate(descriptor_, 0) != 0) return error();
    size_ = 0;
    return {};
  }
  Result<void> append(std::span<const uint8_t> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return error();
      size_ += static_cast<uint64_t>(count);
      bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return {};
  }

 private:
  PartFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  Error error() const { return system_error("cannot write " + path_, errno); }

  std::string path_;
  int descriptor_;
  uint64_t size_ = 0;
};

Error download_error(const HttpAnswer& answer, const std::string& url, int attempts,
                     uint64_t kept_bytes) {
  const std::string tried = attempts > 1 ? " (" + std::to_string(attempts) + " attempts)" : "";
  const std::string kept =
      kept_bytes > 0 ? "; the same command goes on after byte " + std::to_string(kept_bytes) : "";
  const std::string head = "cannot fetch " + url + ": ";
  switch (answer.outcome) {
    case HttpAnswer::Outcome::kBadAddress:
      return invalid_argument(head + answer.detail + "; check the address");
    case HttpAnswer::Outcome::kBroken:
    case HttpAnswer::Outcome::kStopped:
      return io_error(head + answer.detail + tried +
                      "; check the connection, set https_proxy where there is a proxy, or name a "
                      "mirror or a folder with --from" +
                      kept);
    case HttpAnswer::Outcome::kAnswered:
      break;
  }
  const std::string found =
      head + "the host answered HTTP " + std::to_string(answer.status) + tried + ", expected 200";
  if (answer.transient)
    return io_error(found + "; try again later or name a mirror with --from" + kept);
  return not_found(found + "; check the address, or name another place with --from");
}

// One download until the part is whole; tells whether it was joined from several answers.
Result<bool> transfer(HttpClient& client, const std::string& url, const WantedFile& wanted,
                      Progress& progress) {
  ASSIGN_OR_RETURN(PartFile part, PartFile::open(part_of(wanted)));
  if (part.size() > limit_of(wanted)) RETURN_IF_ERROR(part.clear());
  const auto begin_stage = [&] {
    progress.begin("fetch " + wanted.label + ", bytes",
                   wanted.bytes > 0 ? wanted.bytes - part.size() : 0);
  };
  if (part.size() > 0)
    progress.note("going on with " + wanted.label + " after byte " + std::to_string(part.size()));
  begin_stage();

  bool is_joined = false;
  uint64_t furthest = part.size();
  for (int attempt = 1;; ++attempt) {
    const uint64_t first_byte = part.size();
    if (wanted.bytes > 0 && first_byte == wanted.bytes) return is_joined || attempt == 1;
    bool is_rest = first_byte > 0;
    bool is_too_large = false;
    std::optional<Error> unwritten;
    const auto receive = [&](long status, std::span<const uint8_t> piece) {
      if (status != 200 && !(status == 206 && first_byte > 0)) return true;
      Result<void> done;
      if (status == 200 && std::exchange(is_rest, false)) {
        done = part.clear();
        begin_stage();
      }
      is_too_large = piece.size() > limit_of(wanted) - part.size();
      if (is_too_large) return false;
      if (done) done = part.append(piece);
      if (!done) unwritten = done.error();
      progress.add(piece.size());
      return !unwritten;
    };
    const HttpAnswer answer = client.get(url, first_byte, receive);
    if (unwritten) return *unwritten;
    if (is_too_large) return larger_than_wanted(url, wanted);
    is_joined = is_rest && (is_joined || part.size() > first_byte);
    if (answer.outcome == HttpAnswer::Outcome::kAnswered) {
      if (answer.status == 200 || (answer.status == 206 && first_byte > 0)) return is_joined;
      if (answer.status == 416 && first_byte > 0) {
        RETURN_IF_ERROR(part.clear());
        continue;
      }
    }
    const bool has_grown = part.size() > furthest;
    furthest = std::max(furthest, part.size());
    if (!answer.transient || (!has_grown && attempt >= kHttpAttempts))
      return download_error(answer, url, attempt, wanted.sha256.empty() ? 0 : part.size());
    if (has_grown) attempt = 0;
    if (wanted.sha256.empty()) RETURN_IF_ERROR(part.clear());
    std::this_thread::sleep_for(pause_after_attempt(std::max(attempt, 1), answer));
  }
}

// Gives the whole part its name where it holds the wanted bytes, and removes it otherwise.
Result<std::string> settle(const std::string& source, const WantedFile& wanted) {
  ASSIGN_OR_RETURN(const auto digest, sha256_file(part_of(wanted)));
  const std::string found = to_hex(digest);
  if (!wanted.sha256.empty() && found != wanted.sha256) {
    remove_part(wanted);
    return corrupt(source + ": the sha256 is " + found + ", expected " + wanted.sha256 +
                   "; nothing was installed, try another place with --from");
  }
  std::error_code error;
  fs::rename(part_of(wanted), wanted.path, error);
  if (error) return system_error("cannot write " + wanted.path, error.value());
  return found;
}

}  // namespace

Result<std::string> download_file(HttpClient& client, const std::string& url,
                                  const WantedFile& wanted, Progress& progress) {
  if (wanted.sha256.empty()) remove_part(wanted);
  ASSIGN_OR_RETURN(const bool is_joined, transfer(client, url, wanted, progress));
  progress.end();
  auto settled = settle(url, wanted);
  if (settled || !is_joined || settled.error().code != ErrorCode::kCorrupt) return settled;
  progress.note("the parts of " + wanted.label + " do not fit together; starting it again");
  RETURN_IF_ERROR(transfer(client, url, wanted, progress));
  progress.end();
  return settle(url, wanted);
}

Result<std::string> copy_wanted_file(const std::string& source, const WantedFile& wanted,
                                     Progress& progress) {
  std::error_code error;
  const uint64_t bytes = fs::file_size(source, error);
  if (error) return system_error("cannot read " + source, error.value());
  if (bytes > limit_of(wanted)) return larger_than_wanted(source, wanted);
  progress.begin("copy " + wanted.label + ", bytes", bytes);
  fs::copy_file(source, part_of(wanted), fs::copy_options::overwrite_existing, error);
  if (error) return system_error("cannot copy " + source + " to " + wanted.path, error.value());
  progress.add(bytes);
  progress.end();
  return settle(source, wanted);
}

}  // namespace sightline
