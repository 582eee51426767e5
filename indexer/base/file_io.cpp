#include "indexer/base/file_io.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sightline {
namespace {

class FileHandle {
 public:
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  ~FileHandle() { close(); }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  int get() const { return descriptor_; }
  bool close() {
    const int descriptor = std::exchange(descriptor_, -1);
    return descriptor < 0 || ::close(descriptor) == 0;
  }

 private:
  int descriptor_;
};

const char* remedy(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "; check the path";
    case EACCES:
    case EPERM:
      return "; check the permissions of the file and of its folder";
    case ENOSPC:
      return "; free some space or write to another disk";
    case EDQUOT:
      return "; your quota is used up: free some space or write to another disk";
    case EROFS:
      return "; choose a folder on a writable disk";
    case EISDIR:
      return "; give a file instead";
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files (ulimit -n)";
    default:
      return "";
  }
}

// Up to buffer.size() bytes; fewer only at the end of the file. Negative on failure, with errno
// set.
ssize_t read_fully(int descriptor, std::span<uint8_t> buffer) {
  size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = ::read(descriptor, buffer.data() + filled, buffer.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return count;
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  return static_cast<ssize_t>(filled);
}

bool write_fully(int descriptor, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

Error larger_than(const std::string& path, size_t max_bytes) {
  return too_large(path + " is larger than the limit of " + std::to_string(max_bytes) + " bytes");
}

template <class Buffer>
Result<Buffer> read_into(const std::string& path, size_t max_bytes) {
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    return system_error("cannot read " + path, errno);
  }
  const auto stated_bytes = static_cast<uint64_t>(std::max<off_t>(status.st_size, 0));
  if (stated_bytes > max_bytes) return larger_than(path, max_bytes);

  // One byte more than stated, so that a file that grows meanwhile or states no size is noticed.
  Buffer buffer(static_cast<size_t>(stated_bytes) + 1, {});
  size_t filled = 0;
  while (true) {
    const auto tail =
        std::span(reinterpret_cast<uint8_t*>(buffer.data()), buffer.size()).subspan(filled);
    const ssize_t count = read_fully(file.get(), tail);
    if (count < 0) return system_error("cannot read " + path, errno);
    filled += static_cast<size_t>(count);
    if (filled > max_bytes) return larger_than(path, max_bytes);
    if (filled < buffer.size()) break;
    buffer.resize(buffer.size() * 2);
  }
  buffer.resize(filled);
  return buffer;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

constexpr std::string_view kTemporaryMark = ".tmp-";

std::string temporary_name(const std::string& path) {
  static std::atomic<uint32_t> counter{0};
  return path + std::string(kTemporaryMark) + std::to_string(::getpid()) + "-" +
         std::to_string(counter++);
}

// Whether a file has a temporary name of this process, which has made none yet, or of one that is
// no more.
bool is_abandoned(const std::string& name) {
  const size_t mark = name.rfind(kTemporaryMark);
  if (mark == name.npos) return false;
  long pid = 0;
  unsigned counter = 0;
  int length = 0;
  const std::string suffix = name.substr(mark + kTemporaryMark.size());
  if (std::sscanf(suffix.c_str(), "%9ld-%9u%n", &pid, &counter, &length) != 2) return false;
  if (static_cast<size_t>(length) != suffix.size() || pid <= 0) return false;
  const auto process = static_cast<pid_t>(pid);
  return process == ::getpid() || (::kill(process, 0) != 0 && errno == ESRCH);
}

}  // namespace

Error system_error(std::string what, int error_number) {
  return {error_number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
          std::move(what) + ": " + std::strerror(error_number) + remedy(error_number)};
}

Result<std::vector<uint8_t>> read_file(const std::string& path, size_t max_bytes) {
  return read_into<std::vector<uint8_t>>(path, max_bytes);
}

Result<std::string> read_text_file(const std::string& path, size_t max_bytes) {
  return read_into<std::string>(path, max_bytes);
}

Result<void> write_file_atomic(const std::string& path,
                               std::initializer_list<std::span<const uint8_t>> parts) {
  const std::string temporary = temporary_name(path);
  FileHandle file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return system_error("cannot write " + path, errno);
  const auto write_part = [&](auto part) { return write_fully(file.get(), part); };
  if (!std::all_of(parts.begin(), parts.end(), write_part) || ::fsync(file.get()) != 0 ||
      !file.close() || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(temporary.c_str());
    return system_error("cannot write " + path, error_number);
  }
  const FileHandle folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some network and FUSE file systems cannot sync a folder; the rename has happened all the same.
  if (folder.get() >= 0 && ::fsync(folder.get()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    return system_error("cannot write " + path, errno);
  }
  return {};
}

Result<void> write_file_atomic(const std::string& path, std::span<const uint8_t> bytes) {
  return write_file_atomic(path, {bytes});
}

Result<void> write_file_atomic(const std::string& path, std::string_view text) {
  return write_file_atomic(path, as_bytes(text));
}

void remove_abandoned_files(const std::string& folder, Depth depth) {
  namespace fs = std::filesystem;
  std::error_code failed;
  std::vector<fs::path> abandoned;
  fs::recursive_directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (depth == Depth::kFolder) entry.disable_recursion_pending();
    if (is_abandoned(entry->path().filename().string())) abandoned.push_back(entry->path());
  }
  for (const auto& path : abandoned) ::unlink(path.c_str());
}

Result<void> make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return system_error("cannot make the folder " + path, error.value());
  return {};
}

Result<FileStamp> stamp_of_file(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return system_error("cannot read " + path, errno);
  return FileStamp{static_cast<uint64_t>(status.st_size),
                   int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<Sha256Digest> sha256_file(const std::string& path) {
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error("cannot read " + path, errno);
  std::vector<uint8_t> buffer(size_t{1} << 18);
  Sha256 hash;
  while (true) {
    const ssize_t count = read_fully(file.get(), buffer);
    if (count < 0) return system_error("cannot read " + path, errno);
    hash.update(std::span(buffer).first(static_cast<size_t>(count)));
    if (static_cast<size_t>(count) < buffer.size()) return hash.finish();
  }
}

}  // namespace sightline
