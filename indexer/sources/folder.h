#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"

namespace sightline {

struct FolderEntry {
  enum class Kind { kFolder, kFile, kOther };  // of a link's target; a broken link is kOther

  std::string name;
  Kind kind;
  bool is_link;
};

// The entries of a folder without hidden ones, in byte order of their names.
// Errors: kNotFound, kIo (also where path is no folder).
Result<std::vector<FolderEntry>> list_folder(const std::string& path);

// Whether an entry called name exists and is a folder.
bool has_folder(const std::string& path, const std::string& name);

// By extension: jpg, jpeg, png, bmp, gif or webp in any case.
bool is_image_name(std::string_view name);

// The last part of the path, made absolute first, so that "." has a name.
std::string folder_name(const std::string& path);

// path + '/' + name, without a second slash.
std::string join_path(std::string_view path, std::string_view name);

// Valid UTF-8 for any bytes, and different for different bytes: '%', control characters and bytes
// that are no UTF-8 become %XX.
std::string text_of_path(std::string_view path);

}  // namespace sightline
