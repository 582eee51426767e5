#include "indexer/bundle/directory_source.h"

#include <filesystem>

#include "indexer/base/file_io.h"
#include "indexer/base/file_names.h"

namespace sightline {

namespace fs = std::filesystem;

Result<std::vector<uint8_t>> DirectorySource::get(const std::string& relative_name,
                                                  size_t max_bytes) {
  if (!is_object_name(relative_name)) return bad_object_name(relative_name);
  return read_file(folder_ + "/" + relative_name, max_bytes);
}

Result<std::unique_ptr<ObjectSource>> open_directory_source(const std::string& path) {
  std::error_code error;
  fs::path folder = path;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) {
    return not_found("cannot open bundle " + path + ": " +
                     (error ? error.message() : "no such directory") +
                     "; give the directory that `sightline build --out` wrote, or its address");
  }
  const std::string file_name = folder.filename().string();
  if (!fs::is_directory(status) && (file_name == "manifest.json" || file_name == "index.html")) {
    folder = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  } else if (!fs::is_directory(status)) {
    return invalid_argument(
        "cannot open bundle " + path +
        ": it is a file; give the directory that `sightline build --out` wrote");
  }
  for (const fs::path& candidate : {folder / "bundle", folder}) {
    if (fs::exists(candidate / "manifest.json", error)) {
      return std::unique_ptr<ObjectSource>(std::make_unique<DirectorySource>(candidate.string()));
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return system_error("cannot open bundle " + path, error.value());
  }
  return not_found("cannot open bundle " + path +
                   ": found neither bundle/manifest.json nor manifest.json in it; " +
                   "give the directory that `sightline build --out` wrote");
}

}  // namespace sightline
