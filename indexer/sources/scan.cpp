#include "indexer/sources/scan.h"

#include <algorithm>
#include <array>

#include "indexer/sources/folder.h"
#include "indexer/sources/image_folder.h"
#include "indexer/sources/kitti_raw.h"

namespace sightline {
namespace {

// The first that recognises a layout reads it; a folder of images fits everything.
constexpr std::array kAdapters = {kKittiRawAdapter, kImageFolderAdapter};

Result<Adapter> choose_adapter(const std::string& root, const std::string& name) {
  for (const Adapter& adapter : kAdapters) {
    if (name.empty() ? adapter.recognises(root) : name == adapter.name) return adapter;
  }
  std::string known;
  for (const Adapter& adapter : kAdapters)
    known += (known.empty() ? "" : ", ") + std::string(adapter.name);
  return invalid_argument("unknown adapter '" + name + "'; known are " + known);
}

}  // namespace

std::string dataset_slug(std::string_view name) {
  std::string slug;
  for (const char raw : name) {
    const char c = raw >= 'A' && raw <= 'Z' ? static_cast<char>(raw - 'A' + 'a') : raw;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  if (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.empty() ? "images" : slug;
}

std::vector<std::string> adapter_names() {
  std::vector<std::string> names;
  for (const Adapter& adapter : kAdapters) names.push_back(adapter.name);
  return names;
}

Result<void> sort_by_image_id(std::vector<SourceImage>& images) {
  std::sort(images.begin(), images.end(), [](const SourceImage& a, const SourceImage& b) {
    return a.image_id != b.image_id ? a.image_id < b.image_id : a.path < b.path;
  });
  const auto twin =
      std::adjacent_find(images.begin(), images.end(),
                         [](const auto& a, const auto& b) { return a.image_id == b.image_id; });
  if (twin == images.end()) return {};
  return invalid_argument("two files have the image_id '" + twin->image_id + "': " + twin->path +
                          " and " + std::next(twin)->path +
                          "; rename one, or give each source its own --dataset");
}

Result<ScanResult> scan_source(const std::string& root, const ScanOptions& options) {
  RETURN_IF_ERROR(list_folder(root));
  ASSIGN_OR_RETURN(const Adapter adapter, choose_adapter(root, options.adapter));
  ASSIGN_OR_RETURN(ScanResult result, adapter.scan(root, options));
  result.adapter = adapter.name;
  RETURN_IF_ERROR(sort_by_image_id(result.images));
  return result;
}

}  // namespace sightline
