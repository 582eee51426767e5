#include "indexer/bundle/bundle_objects.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace sightline {
namespace {

class ObjectList {
 public:
  void add(const ObjectRef& ref, const std::string& owner) {
    if (seen_.insert(ref.sha256).second) objects.push_back({ref, owner});
  }
  void add(const ObjectParts& parts, const std::string& owner) {
    for (const auto& part : parts) add(part, owner);
  }

  std::vector<ReferencedObject> objects;

 private:
  std::set<Sha256Digest> seen_;
};

// All but what only records and cells name.
Result<ObjectList> objects_of_root(OpenedBundle& bundle) {
  const Root& root = bundle.root();
  ObjectList list;
  list.add(bundle.manifest().root, "root");
  for (const auto& index : root.indexes) {
    const std::string rows = index.row_kind == RowKind::kCrops ? " of crops" : " of images";
    list.add(index.codes, "codes" + rows);
    list.add(index.refinement, "refinement" + rows);
    list.add(index.views, "views" + rows);
    list.add(index.graph, "graph" + rows);
    list.add(index.cells.transform_rest, "transform" + rows);
    for (size_t i = 0; i < index.cells.cell_count(); ++i) {
      list.add(index.cells.cells[i], "cell " + std::to_string(i));
    }
  }
  for (const auto& delta : root.deltas.deltas) list.add(delta.ref, "delta");
  for (const auto& generation : root.deltas.generations) {
    list.add(generation.columns, "columns of a delta");
    list.add(generation.image_ids, "image ids of a delta");
  }
  for (const auto& parts : root.build_memory.objects) list.add(parts, "build memory");
  list.add(root.columns, "columns");
  list.add(root.graph, "graph of images");
  for (const auto& column : root.facets.columns) list.add(column.names, "names of " + column.name);
  for (const auto& rows : root.facets.lists) list.add(rows.ref, "rows with " + rows.value);
  list.add(root.image_ids, "image ids");
  list.add(root.examples, "examples");
  list.add(root.model.tokenizer, "tokenizer");
  list.add(root.phrase_bank.suggestions, "suggestions");
  for (const auto* directories : {&root.phrase_bank.directories, &root.phrase_bank.answers}) {
    for (const auto& directory : *directories) {
      list.add(directory.ref, "phrase bank");
      ASSIGN_OR_RETURN(const auto payload, bundle.fetch({directory.ref}));
      ASSIGN_OR_RETURN(const auto leaves, parse_phrase_directory(payload));
      for (const auto& leaf : leaves) list.add(leaf.ref, "phrase bank");
    }
  }
  for (const auto& file : root.model.files) list.add(file.parts, file.name);
  if (root.packed_encoder) {
    list.add(root.packed_encoder->ends, "text encoder");
    list.add(root.packed_encoder->layers, "text encoder");
    list.add(root.packed_encoder->directory, "tokens of the text encoder");
    ASSIGN_OR_RETURN(const auto chunks, bundle.token_chunks());
    list.add(chunks, "tokens of the text encoder");
  }
  for (const auto& piece : root.records) list.add(piece.ref, "records");
  return list;
}

}  // namespace

Result<size_t> check_files(OpenedBundle& bundle, const std::string& bundle_path) {
  ASSIGN_OR_RETURN(auto list, objects_of_root(bundle));
  if (!bundle.searcher().is_paged()) {
    ASSIGN_OR_RETURN(list.objects, referenced_objects(bundle));
  }
  const auto is_there = [&](const ObjectRef& ref) {
    std::error_code failed;
    return std::filesystem::file_size(bundle_path + "/" + object_name(ref), failed) ==
               ref.stored_bytes &&
           !failed;
  };
  for (size_t i = 0; i < list.objects.size(); ++i) {
    const ObjectRef ref = list.objects[i].ref;
    if (!is_there(ref)) return corrupt(object_name(ref) + ": it is missing or cut short");
    if (ref.kind != ObjectKind::kCell) continue;
    ASSIGN_OR_RETURN(const auto payload, bundle.fetch({ref}));
    ASSIGN_OR_RETURN(const auto pieces, parse_cell_pieces(payload));
    for (const auto& piece : pieces) list.add(piece.ref, "piece");
  }
  return list.objects.size();
}

Result<std::vector<ReferencedObject>> referenced_objects(OpenedBundle& bundle) {
  const Root& root = bundle.root();
  ASSIGN_OR_RETURN(auto list, objects_of_root(bundle));
  for (uint32_t image = 0; image < root.image_count; ++image) {
    ASSIGN_OR_RETURN(const auto record, bundle.record(image));
    if (bundle.searcher().is_paged()) {
      ASSIGN_OR_RETURN(const auto place, bundle.searcher().find_record(image));
      list.add(place.piece, "piece of " + record.image_id);
    }
    const auto& gone = root.deltas.removed;
    if (std::binary_search(gone.begin(), gone.end(), image)) continue;
    if (record.thumbnail) list.add(record.thumbnail->ref, "thumbnail of " + record.image_id);
  }
  return std::move(list.objects);
}

}  // namespace sightline
