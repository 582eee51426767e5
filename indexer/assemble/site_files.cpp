#include "indexer/assemble/site_files.h"

#include <filesystem>

#include "indexer/base/file_io.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxPageFileBytes = 64u << 20;

}  // namespace

Result<std::string> find_page_files() {
  std::error_code failed;
  const fs::path bin = fs::read_symlink("/proc/self/exe", failed).parent_path();
  for (const auto& candidate : {bin / "../share/sightline/site", bin / "../web/site"}) {
    if (fs::exists(candidate / "index.html", failed)) return candidate.lexically_normal().string();
  }
  return not_found(
      "the page's files are not beside the program; run 'npm run build', or build with "
      "--bundle-only");
}

Result<uint64_t> copy_page_files(const std::string& page_path, const std::string& site_path) {
  uint64_t written_count = 0;
  std::error_code failed;
  auto entries = fs::recursive_directory_iterator(page_path, failed);
  if (failed) return io_error("cannot list " + page_path + ": " + failed.message());
  for (const auto& entry : entries) {
    const std::string target =
        site_path + "/" + fs::relative(entry.path(), page_path, failed).generic_string();
    if (entry.is_directory()) {
      RETURN_IF_ERROR(make_directories(target));
      continue;
    }
    ASSIGN_OR_RETURN(const auto bytes, read_file(entry.path().string(), kMaxPageFileBytes));
    const auto present = read_file(target, kMaxPageFileBytes);
    if (present && *present == bytes) continue;
    RETURN_IF_ERROR(make_directories(fs::path(target).parent_path().string()));
    RETURN_IF_ERROR(write_file_atomic(target, bytes));
    ++written_count;
  }
  return written_count;
}

}  // namespace sightline
