#include "wasm/root_values.h"

#include "native/bundle/packed_encoder.h"

namespace sightline {
namespace {

val to_object(const ModelInfo& model) {
  val object = val::object();
  set(object, "id", model.id);
  set(object, "licence", model.licence);
  set(object, "warning", model.warning);
  set(object, "embeddingDim", model.embedding_dim);
  set(object, "imageSizePx", model.image_size_px);
  set(object, "mean", to_array(model.mean));
  set(object, "std", to_array(model.stddev));
  set(object, "contextLength", model.context_length);
  set(object, "tokenizer", to_array(model.tokenizer));
  val files = val::array();
  for (const auto& file : model.files) {
    val entry = val::object();
    set(entry, "role", file.role);
    set(entry, "name", file.name);
    set(entry, "bytes", static_cast<double>(file.byte_count));
    set(entry, "sha256", to_hex(file.sha256));
    set(entry, "parts", to_array(file.parts));
    push(files, entry);
  }
  set(object, "files", files);
  return object;
}

val to_object(const IndexInfo& index) {
  val object = val::object();
  set(object, "rowKind", val(index.row_kind == RowKind::kCrops ? "crops" : "images"));
  set(object, "rowCount", index.row_count);
  set(object, "m", index.m);
  set(object, "efConstruction", index.ef_construction);
  set(object, "cells", to_array(index.cells.cells));
  set(object, "transform", to_array(index.cells.transform_rest));
  return object;
}

// What filters read beside the cells.
val facet_objects(const Root& root) {
  val objects = val::array();
  for (const auto& column : root.facets.columns) {
    for (const auto& part : column.names) push(objects, to_object(part));
  }
  for (const auto& list : root.facets.lists) push(objects, to_object(list.ref));
  return objects;
}

}  // namespace

val to_object(const Root& root) {
  val object = val::object();
  set(object, "title", root.title);
  set(object, "generator", root.generator);
  set(object, "imageCount", root.live_image_count());
  set(object, "removed", to_typed_array("Uint32Array", root.deltas.removed));
  val datasets = val::array();
  for (const auto& dataset : root.datasets) {
    val entry = val::object();
    set(entry, "slug", dataset.slug);
    set(entry, "licence", dataset.licence);
    set(entry, "mediaBaseUrl", dataset.media_base_url);
    push(datasets, entry);
  }
  set(object, "datasets", datasets);
  set(object, "classNames", to_array(root.class_names));
  set(object, "model", to_object(root.model));
  val indexes = val::array();
  for (const auto& index : root.indexes) {
    val entry = to_object(index);
    val cells = entry["cells"];
    for (const auto& delta : root.deltas.deltas) {
      push(cells, to_object(delta.ref));
    }
    push(indexes, entry);
  }
  set(object, "indexes", indexes);
  set(object, "examples", to_array(root.examples));
  set(object, "phraseCount", root.phrase_bank.phrase_count);
  set(object, "suggestions", to_array(root.phrase_bank.suggestions));
  val directories = val::array();
  for (const auto* pages : {&root.phrase_bank.directories, &root.phrase_bank.answers}) {
    for (const auto& page : *pages) push(directories, to_object(page.ref));
  }
  set(object, "phraseDirectories", directories);
  val pieces = val::array();
  for (const auto& piece : root.records) push(pieces, to_object(piece.ref));
  set(object, "records", pieces);
  set(object, "facetObjects", facet_objects(root));
  val quality = val::object();
  for (const auto& figure : root.quality) quality.set(figure.name, figure.value);
  set(object, "quality", quality);
  set(object, "packedEncoder",
      root.packed_encoder ? to_typed_array("Uint8Array", write_packed_encoder(*root.packed_encoder))
                          : val::null());
  return object;
}

val to_object(const FacetColumn& column) {
  val object = val::object();
  set(object, "name", column.name);
  set(object, "type", static_cast<uint32_t>(column.type));
  set(object, "values",
      to_array(column.names.empty() ? column.first_name : std::vector<std::string>{}));
  set(object, "addedValues", to_array(column.added_names));
  set(object, "counts", to_typed_array("Uint32Array", column.bin_rows));
  set(object, "edges", to_typed_array("Float64Array", column.edges));
  set(object, "addedRange", to_typed_array("Float64Array", column.added_range));
  return object;
}

val to_object(const Column& column) {
  val object = val::object();
  set(object, "name", column.name);
  set(object, "type", static_cast<uint32_t>(column.type));
  set(object, "values", to_array(column.values));
  set(object, "codes", to_typed_array("Uint32Array", column.codes));
  set(object, "numbers", to_typed_array("Float64Array", column.numbers));
  set(object, "tagOffsets", to_typed_array("Uint32Array", column.tag_offsets));
  std::vector<uint16_t> tag_values;
  std::vector<uint16_t> tag_counts;
  for (const auto& tag : column.tags) {
    tag_values.push_back(tag.value);
    tag_counts.push_back(tag.count);
  }
  set(object, "tagValues", to_typed_array("Uint16Array", tag_values));
  set(object, "tagCounts", to_typed_array("Uint16Array", tag_counts));
  return object;
}

}  // namespace sightline
