#include "indexer/sources/image_folder.h"

#include <deque>
#include <optional>
#include <set>
#include <utility>

#include <sys/stat.h>

#include "indexer/sources/folder.h"

namespace sightline {
namespace {

// Folders below a root, each once however many links lead to it, and by its own path rather than a
// link's.
class Walk {
 public:
  Walk(const std::string& root, const std::vector<std::string>& skipped_folders) : root_(root) {
    for (const std::string& folder : skipped_folders) first_visit(folder);
    folders_.push_back("");
  }

  // The next folder's path below the root.
  std::optional<std::string> next() {
    for (auto* queue : {&folders_, &linked_folders_}) {
      while (!queue->empty()) {
        std::string folder = std::move(queue->front());
        queue->pop_front();
        if (first_visit(join_path(root_, folder))) return folder;
      }
    }
    return std::nullopt;
  }

  void add(std::string folder, bool is_link) {
    (is_link ? linked_folders_ : folders_).push_back(std::move(folder));
  }

 private:
  bool first_visit(const std::string& path) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) return true;
    return visited_.insert({status.st_dev, status.st_ino}).second;
  }

  const std::string& root_;
  std::deque<std::string> folders_, linked_folders_;
  std::set<std::pair<dev_t, ino_t>> visited_;
};

}  // namespace

bool is_image_folder(const std::string&) { return true; }

Result<ScanResult> scan_image_folder(const std::string& root, const ScanOptions& options) {
  ScanResult result;
  result.dataset = dataset_slug(options.dataset.empty() ? folder_name(root) : options.dataset);
  Walk walk(root, options.skipped_folders);
  while (const auto folder = walk.next()) {
    const auto entries = list_folder(join_path(root, *folder));
    if (!entries) {
      result.errors.push_back({join_path(root, *folder), "scan", entries.error().message});
      continue;
    }
    const std::string sequence = text_of_path(*folder);
    for (const FolderEntry& entry : *entries) {
      const std::string key = join_path(*folder, entry.name);
      if (entry.kind == FolderEntry::Kind::kFolder) {
        walk.add(key, entry.is_link);
      } else if (!is_image_name(entry.name)) {
        continue;
      } else if (entry.kind == FolderEntry::Kind::kOther) {
        result.errors.push_back({join_path(root, key), "scan", "neither a file nor a link to one"});
      } else {
        SourceImage image;
        image.dataset = result.dataset;
        image.sequence = sequence;
        image.path = join_path(root, key);
        image.source_key = text_of_path(key);
        image.image_id = image.dataset + '/' + image.source_key;
        result.images.push_back(std::move(image));
      }
    }
  }
  return result;
}

}  // namespace sightline
