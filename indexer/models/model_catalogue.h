#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/base/json.h"
#include "native/base/result.h"

namespace sightline {

// One file to fetch.
struct CatalogueFile {
  std::string role;    // text, vision, vocab, merges or detector
  std::string path;    // inside the model's folder, and below a mirror's address
  std::string source;  // below base_url, or an absolute address of its own
  uint64_t bytes = 0;  // 0 where it is not known
  std::string sha256;  // 64 hexadecimal digits, or empty where it is not known
};

// A model that `sightline models fetch` can install.
struct CatalogueModel {
  std::string name;  // also of its folder: a-z, 0-9, '.', '_' and '-'
  std::string kind;  // clip or detector
  std::string licence;
  std::string licence_note;  // what to know before using it, or empty
  std::string upstream;      // the repository, for people
  std::string revision;      // of the repository, or empty
  std::string base_url;      // ends with a slash
  std::vector<CatalogueFile> files;
  JsonValue written;      // file name → JSON document: small files we write ourselves
  JsonValue description;  // further members of model.json
};

// The models whose files are pinned in the program.
std::vector<CatalogueModel> builtin_catalogue();

// A catalogue of one's own, for mirrors and private models:
//   {"models": {"NAME": {"kind": "clip", "licence": "MIT", "base_url": "https://host/folder/",
//     "files": {"text": {"path": "onnx/text_model.onnx", "bytes": 12, "sha256": "..."}, ...},
//     "written": {"preprocessor_config.json": {...}}, "description": {"dim": 512}}}}
// kind, licence, base_url and the path of each file are needed; source is the path by default.
// Errors: kInvalidArgument, naming the model and the member.
Result<std::vector<CatalogueModel>> parse_catalogue(std::string_view json);

// Errors: kInvalidArgument with the known names.
Result<CatalogueModel> find_in_catalogue(const std::vector<CatalogueModel>& catalogue,
                                         const std::string& name);

}  // namespace sightline
