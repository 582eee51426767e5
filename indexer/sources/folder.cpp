#include "indexer/sources/folder.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>

#include "indexer/base/file_io.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

FolderEntry entry_of(const fs::directory_entry& entry) {
  std::error_code ignored;
  FolderEntry result{entry.path().filename().string(), FolderEntry::Kind::kOther,
                     entry.is_symlink(ignored)};
  if (entry.is_directory(ignored)) {
    result.kind = FolderEntry::Kind::kFolder;
  } else if (entry.is_regular_file(ignored)) {
    result.kind = FolderEntry::Kind::kFile;
  }
  return result;
}

// Length of the well-formed UTF-8 sequence (RFC 3629) that starts the text, 0 where there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint8_t first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool is_overlong = first == 0xe0 && second < 0xa0;
    const bool is_surrogate = first == 0xed && second > 0x9f;
    return continues(1) && continues(2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool is_outside = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return continues(1) && continues(2) && continues(3) && !is_outside ? 4 : 0;
  }
  return 0;
}

}  // namespace

Result<std::vector<FolderEntry>> list_folder(const std::string& path) {
  std::vector<FolderEntry> entries;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    FolderEntry entry = entry_of(*it);
    if (!entry.name.starts_with('.')) entries.push_back(std::move(entry));
  }
  if (error) return system_error("cannot read the folder " + text_of_path(path), error.value());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

bool has_folder(const std::string& path, const std::string& name) {
  std::error_code ignored;
  return fs::is_directory(join_path(path, name), ignored);
}

bool is_image_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == name.npos) return false;
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::array<std::string_view, 6> kExtensions = {"jpg", "jpeg", "png",
                                                           "bmp", "gif",  "webp"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::string folder_name(const std::string& path) {
  std::error_code ignored;
  std::string absolute = fs::absolute(path, ignored).lexically_normal().string();
  while (absolute.ends_with('/')) absolute.pop_back();
  return absolute.substr(absolute.rfind('/') + 1);
}

std::string join_path(std::string_view path, std::string_view name) {
  std::string joined(path);
  if (!joined.empty() && joined.back() != '/') joined += '/';
  return joined.append(name);
}

std::string text_of_path(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  while (!path.empty()) {
    const auto first = static_cast<uint8_t>(path.front());
    const size_t length = utf8_length(path);
    if (length == 0 || first < 0x20 || first == 0x7f || first == '%') {
      text += {'%', kDigits[first >> 4], kDigits[first & 15]};
      path.remove_prefix(1);
    } else {
      text += path.substr(0, length);
      path.remove_prefix(length);
    }
  }
  return text;
}

}  // namespace sightline
