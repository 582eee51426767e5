#pragma once

#include <string>

#include "native/base/result.h"

namespace sightline {

// Where the page's files are: share/sightline/site beside the program's bin folder, else web/site
// beside it in a build tree. Error (kNotFound) with the remedy where there are none.
Result<std::string> find_page_files();

// Copies the page into a site: only files that differ are written, each whole or not at all.
// Returns the number of files written.
Result<uint64_t> copy_page_files(const std::string& page_path, const std::string& site_path);

}  // namespace sightline
