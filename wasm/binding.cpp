// The core as JavaScript sees it: names and containers change here, nothing else does.
//
// Bytes and vectors are copied across the border. Objects of the classes own memory of the module
// and end with delete(). A failed Result is thrown as an Error with `code` and the same message.

#include <memory>
#include <string>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/val.h>

#include "native/bundle/cells.h"
#include "native/bundle/examples.h"
#include "native/bundle/object.h"
#include "native/bundle/records.h"
#include "native/clip/familiarity.h"
#include "native/clip/image_preprocess.h"
#include "native/clip/tokenizer.h"
#include "native/search/conjunction.h"
#include "native/search/hit_relevance.h"
#include "native/search/packed_text_encoder.h"
#include "native/search/phrase_lookup.h"
#include "native/search/phrase_suggestions.h"
#include "native/search/searcher.h"
#include "native/vectors/dot.h"

namespace sightline {
namespace {

using emscripten::val;

[[noreturn]] void throw_error(const Error& error) {
  val thrown = val::global("Error").new_(error.message);
  thrown.set("code", std::string(error_code_name(error.code)));
  thrown.throw_();
}

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw_error(result.error());
  return std::move(result).value();
}

void ok_or_throw(const Result<void>& result) {
  if (!result) throw_error(result.error());
}

// Copies a Uint8Array or Float32Array into the module's memory.
template <class T>
std::vector<T> to_vector(const val& typed_array) {
  const auto length = typed_array["length"].as<uint32_t>();
  std::vector<T> values(length);
  val(emscripten::typed_memory_view(length, values.data())).call<void>("set", typed_array);
  return values;
}

// A new typed array of that JavaScript class, independent of the module's memory.
template <class T>
val to_typed_array(const char* array_class, const std::vector<T>& values) {
  return val::global(array_class).new_(emscripten::typed_memory_view(values.size(), values.data()));
}

val to_object(const ObjectRef& ref) {
  val object = val::object();
  object.set("name", object_name(ref));
  object.set("kind", static_cast<uint32_t>(ref.kind));
  object.set("compression", static_cast<uint32_t>(ref.compression));
  object.set("storedBytes", ref.stored_bytes);
  object.set("rawBytes", ref.raw_bytes);
  object.set("sha256", to_hex(ref.sha256));
  return object;
}

ObjectRef to_object_ref(const val& object) {
  ObjectRef ref;
  ref.kind = static_cast<ObjectKind>(object["kind"].as<uint32_t>());
  ref.compression = static_cast<Compression>(object["compression"].as<uint32_t>());
  ref.stored_bytes = object["storedBytes"].as<uint32_t>();
  ref.raw_bytes = object["rawBytes"].as<uint32_t>();
  const auto digest = digest_from_hex(object["sha256"].as<std::string>());
  if (!digest || object_kind_name(ref.kind) == nullptr || ref.stored_bytes > kMaxObjectBytes ||
      ref.raw_bytes > kMaxObjectBytes) {
    throw_error(invalid_argument("object reference: kind, size or sha256 is not valid"));
  }
  ref.sha256 = *digest;
  return ref;
}

val to_array(const ObjectParts& parts) {
  val array = val::array();
  for (const auto& part : parts) array.call<void>("push", to_object(part));
  return array;
}

val to_array(const std::vector<std::string>& texts) {
  val array = val::array();
  for (const auto& text : texts) array.call<void>("push", text);
  return array;
}

template <size_t N>
val to_array(const std::array<float, N>& values) {
  val array = val::array();
  for (const float value : values) array.call<void>("push", value);
  return array;
}

val to_value(const std::optional<double>& number) { return number ? val(*number) : val::null(); }

val to_object(const ModelInfo& model) {
  val object = val::object();
  object.set("id", model.id);
  object.set("licence", model.licence);
  object.set("warning", model.warning);
  object.set("embeddingDim", model.embedding_dim);
  object.set("imageSizePx", model.image_size_px);
  object.set("mean", to_array(model.mean));
  object.set("std", to_array(model.stddev));
  object.set("contextLength", model.context_length);
  object.set("tokenizer", to_array(model.tokenizer));
  val files = val::array();
  for (const auto& file : model.files) {
    val entry = val::object();
    entry.set("role", file.role);
    entry.set("name", file.name);
    entry.set("bytes", static_cast<double>(file.byte_count));
    entry.set("sha256", to_hex(file.sha256));
    entry.set("parts", to_array(file.parts));
    files.call<void>("push", entry);
  }
  object.set("files", files);
  return object;
}

val to_object(const ImageRecord& record) {
  val object = val::object();
  object.set("imageId", record.image_id);
  object.set("dataset", record.dataset);
  object.set("sequence", record.sequence);
  object.set("camera", record.camera);
  object.set("path", record.path);
  object.set("mediaUrl", record.media_url);
  object.set("widthPx", record.width_px);
  object.set("heightPx", record.height_px);
  object.set("timestampS", to_value(record.timestamp_s));
  object.set("latitudeDeg", to_value(record.latitude_deg));
  object.set("longitudeDeg", to_value(record.longitude_deg));
  val thumbnail = val::null();
  if (record.thumbnail) {
    thumbnail = val::object();
    thumbnail.set("object", to_object(record.thumbnail->ref));
    thumbnail.set("offset", record.thumbnail->offset);
    thumbnail.set("bytes", record.thumbnail->byte_count);
    thumbnail.set("widthPx", record.thumbnail->width_px);
    thumbnail.set("heightPx", record.thumbnail->height_px);
  }
  object.set("thumbnail", thumbnail);
  val detections = val::array();
  for (const auto& detection : record.detections) {
    val entry = val::object();
    entry.set("classId", detection.class_id);
    entry.set("confidence", detection.confidence);
    entry.set("boxXyxyPx", to_array(detection.box_xyxy_px));
    detections.call<void>("push", entry);
  }
  object.set("detections", detections);
  return object;
}

val to_object(const IndexInfo& index) {
  val object = val::object();
  object.set("rowKind", index.row_kind == RowKind::kCrops ? "crops" : "images");
  object.set("rowCount", index.row_count);
  object.set("m", index.m);
  object.set("efConstruction", index.ef_construction);
  object.set("cells", to_array(index.cells.cells));
  object.set("transform", to_array(index.cells.transform_rest));
  return object;
}

val to_object(const Root& root) {
  val object = val::object();
  object.set("title", root.title);
  object.set("generator", root.generator);
  object.set("imageCount", root.live_image_count());
  object.set("removed", to_typed_array("Uint32Array", root.deltas.removed));
  val datasets = val::array();
  for (const auto& dataset : root.datasets) {
    val entry = val::object();
    entry.set("slug", dataset.slug);
    entry.set("licence", dataset.licence);
    entry.set("mediaBaseUrl", dataset.media_base_url);
    datasets.call<void>("push", entry);
  }
  object.set("datasets", datasets);
  object.set("classNames", to_array(root.class_names));
  object.set("model", to_object(root.model));
  val indexes = val::array();
  for (const auto& index : root.indexes) {
    val entry = to_object(index);
    for (const auto& delta : root.deltas.deltas) {
      entry["cells"].call<void>("push", to_object(delta.ref));
    }
    indexes.call<void>("push", entry);
  }
  object.set("indexes", indexes);
  object.set("examples", to_array(root.examples));
  object.set("phraseCount", root.phrase_bank.phrase_count);
  object.set("suggestions", to_array(root.phrase_bank.suggestions));
  val directories = val::array();
  for (const auto* pages : {&root.phrase_bank.directories, &root.phrase_bank.answers}) {
    for (const auto& page : *pages) directories.call<void>("push", to_object(page.ref));
  }
  object.set("phraseDirectories", directories);
  val pieces = val::array();
  for (const auto& piece : root.records) pieces.call<void>("push", to_object(piece.ref));
  object.set("records", pieces);
  val quality = val::object();
  for (const auto& figure : root.quality) quality.set(figure.name, figure.value);
  object.set("quality", quality);
  object.set("packedEncoder",
             root.packed_encoder
                 ? to_typed_array("Uint8Array", write_packed_encoder(*root.packed_encoder))
                 : val::null());
  return object;
}

// What the root tells of a facet; of values that share bins, nothing.
val to_object(const FacetColumn& column) {
  val object = val::object();
  object.set("name", column.name);
  object.set("type", static_cast<uint32_t>(column.type));
  object.set("values",
             to_array(column.names.empty() ? column.first_name : std::vector<std::string>{}));
  object.set("counts", to_typed_array("Uint32Array", column.bin_rows));
  object.set("edges", to_typed_array("Float64Array", column.edges));
  return object;
}

val to_object(const Column& column) {
  val object = val::object();
  object.set("name", column.name);
  object.set("type", static_cast<uint32_t>(column.type));
  object.set("values", to_array(column.values));
  object.set("codes", to_typed_array("Uint32Array", column.codes));
  object.set("numbers", to_typed_array("Float64Array", column.numbers));
  object.set("tagOffsets", to_typed_array("Uint32Array", column.tag_offsets));
  std::vector<uint16_t> tag_values;
  std::vector<uint16_t> tag_counts;
  for (const auto& tag : column.tags) {
    tag_values.push_back(tag.value);
    tag_counts.push_back(tag.count);
  }
  object.set("tagValues", to_typed_array("Uint16Array", tag_values));
  object.set("tagCounts", to_typed_array("Uint16Array", tag_counts));
  return object;
}

// A clause as the command line writes it, or its three parts, whose values may hold commas.
FilterClause to_filter_clause(const val& clause) {
  if (clause.isString()) return value_or_throw(parse_filter(clause.as<std::string>()));
  return value_or_throw(make_filter(clause["field"].as<std::string>(),
                                    clause["op"].as<std::string>(),
                                    emscripten::vecFromJSArray<std::string>(clause["values"])));
}

std::vector<FilterClause> to_filters(const val& clauses) {
  std::vector<FilterClause> filters;
  for (const auto& clause : emscripten::vecFromJSArray<val>(clauses)) {
    filters.push_back(to_filter_clause(clause));
  }
  return filters;
}

SearchPath to_search_path(const std::string& name) {
  if (name == "exact") return SearchPath::kExact;
  return name == "cells" ? SearchPath::kCells : SearchPath::kAuto;
}

SearchOptions to_search_options(const val& object) {
  SearchOptions options;
  options.kind = object["kind"].as<std::string>() == "image" ? QueryKind::kImage : QueryKind::kText;
  options.path = to_search_path(object["path"].as<std::string>());
  if (object["isFirst"].isTrue()) options.effort.is_first = true;
  options.k = object["k"].as<uint32_t>();
  options.ef_search = object["efSearch"].as<uint32_t>();
  options.filters = to_filters(object["filters"]);
  if (!object["excludedImage"].isNull()) {
    options.excluded_image = object["excludedImage"].as<uint32_t>();
  }
  return options;
}

// Hits as columns, so that a long answer crosses the border in four copies.
val to_object(const std::vector<Hit>& hits) {
  std::vector<uint32_t> images;
  std::vector<double> similarities;
  std::vector<uint8_t> kinds;
  std::vector<uint32_t> boxes;
  for (const auto& hit : hits) {
    images.push_back(hit.image);
    similarities.push_back(hit.similarity);
    kinds.push_back(static_cast<uint8_t>(hit.view.kind));
    boxes.insert(boxes.end(), {hit.view.box.x0, hit.view.box.y0, hit.view.box.x1, hit.view.box.y1});
  }
  val object = val::object();
  object.set("images", to_typed_array("Uint32Array", images));
  object.set("similarities", to_typed_array("Float64Array", similarities));
  object.set("viewKinds", to_typed_array("Uint8Array", kinds));
  object.set("boxesXyxyPx", to_typed_array("Uint32Array", boxes));
  return object;
}

val to_value(const std::optional<ObjectRef>& ref) { return ref ? to_object(*ref) : val::null(); }

// Searcher with JavaScript's values.
class SearcherBinding {
 public:
  explicit SearcherBinding(Searcher searcher) : searcher_(std::move(searcher)) {}

  static std::unique_ptr<SearcherBinding> open(const val& root_ref, const val& stored) {
    return std::make_unique<SearcherBinding>(
        value_or_throw(Searcher::open(to_object_ref(root_ref), to_vector<uint8_t>(stored))));
  }

  val root() const { return to_object(searcher_.root()); }
  bool is_paged() const { return searcher_.is_paged(); }
  void set_memory_limit(double bytes) {
    if (searcher_.paged()) searcher_.paged()->set_memory_limit(static_cast<uint64_t>(bytes));
  }
  double resident_bytes() const { return static_cast<double>(searcher_.resident_bytes()); }
  // need: "search", "columns" or "ids".
  val missing_objects(const std::string& need) const {
    return to_array(searcher_.missing_objects(need == "columns" ? Need::kColumns
                                              : need == "ids"   ? Need::kImageIds
                                                                : Need::kSearch));
  }
  val missing_for_embedding(uint32_t image) {
    return to_array(value_or_throw(searcher_.missing_for_embedding(image)));
  }
  val missing_for_record(uint32_t image) {
    return to_array(value_or_throw(searcher_.missing_for_record(image)));
  }
  val missing_cells() { return to_array(searcher_.missing_cells()); }
  void add_object(const val& ref, const val& stored) {
    ok_or_throw(searcher_.add_object(to_object_ref(ref), to_vector<uint8_t>(stored)));
  }
  bool ready() const { return searcher_.ready(); }
  // embeddings: Float32Array [phrases, dim].
  val search(const val& embeddings, const val& options) {
    const auto parsed = to_search_options(options);
    const auto answer = value_or_throw(searcher_.search(to_vector<float>(embeddings), parsed));
    RelevanceVerdict verdict;
    if (parsed.kind == QueryKind::kText) {
      const auto familiarity = options["familiarity"].as<double>();
      verdict = judge_hits(searcher_.root().relevance, answer.hits, familiarity);
    }
    val object = to_object(answer.hits);
    object.set("missing", to_array(answer.missing));
    object.set("relevances", to_typed_array("Float64Array", verdict.relevances));
    object.set("found", verdict.found);
    return object;
  }
  val facets() const {
    val array = val::array();
    for (const auto& column : searcher_.root().facets.columns) {
      array.call<void>("push", to_object(column));
    }
    return array;
  }
  val count_by_facets(const val& filters) {
    return to_value(value_or_throw(searcher_.count_by_facets(to_filters(filters))));
  }
  val phrase_directory(const std::string& text) const {
    return to_value(find_phrase_directory(searcher_.root().phrase_bank, text));
  }
  val answer_directory(const std::string& text) const {
    return to_value(find_answer_directory(searcher_.root().phrase_bank, text));
  }
  val image_embedding(uint32_t image) const {
    return to_typed_array("Float32Array", value_or_throw(searcher_.image_embedding(image)));
  }
  val find_image_ids(const std::string& image_id) const {
    return to_typed_array("Uint32Array", searcher_.find_images(image_id));
  }
  val find_record(uint32_t image) const {
    const auto place = value_or_throw(searcher_.find_record(image));
    val object = val::object();
    object.set("piece", to_object(place.piece));
    object.set("position", place.position);
    return object;
  }
  val columns() const {
    val array = val::array();
    for (const auto& column : searcher_.columns()) array.call<void>("push", to_object(column));
    return array;
  }

 private:
  Searcher searcher_;
};

class TokenizerBinding {
 public:
  explicit TokenizerBinding(Tokenizer tokenizer) : tokenizer_(std::move(tokenizer)) {}

  static std::unique_ptr<TokenizerBinding> parse(const val& payload) {
    return std::make_unique<TokenizerBinding>(
        value_or_throw(Tokenizer::parse(to_vector<uint8_t>(payload))));
  }
  val encode(const std::string& text) const {
    return to_typed_array("Uint32Array", value_or_throw(tokenizer_.encode(text)));
  }
  double familiarity(const std::string& text) const { return text_familiarity(tokenizer_, text); }

 private:
  Tokenizer tokenizer_;
};

class PhraseSuggestionsBinding {
 public:
  explicit PhraseSuggestionsBinding(PhraseSuggestions suggestions)
      : suggestions_(std::move(suggestions)) {}

  static std::unique_ptr<PhraseSuggestionsBinding> parse(const val& payload) {
    return std::make_unique<PhraseSuggestionsBinding>(
        value_or_throw(PhraseSuggestions::parse(to_vector<uint8_t>(payload))));
  }
  val complete(const std::string& text, uint32_t count) const {
    return to_array(suggestions_.complete(text, count));
  }
  val nearest(const std::string& text) const {
    const auto phrase = suggestions_.nearest(text);
    return phrase ? val(*phrase) : val::null();
  }

 private:
  PhraseSuggestions suggestions_;
};

val phrase_leaf(const val& directory, const val& stored, const std::string& text) {
  return to_value(
      value_or_throw(find_phrase_leaf(to_object_ref(directory), to_vector<uint8_t>(stored), text)));
}

val phrase_embedding(const val& leaf, const val& stored, const std::string& text, uint32_t dim) {
  const auto embedding = value_or_throw(
      find_phrase_embedding(to_object_ref(leaf), to_vector<uint8_t>(stored), text, dim));
  return embedding ? to_typed_array("Float32Array", *embedding) : val::null();
}

val phrase_answer(const val& page, const val& stored, const std::string& text) {
  const auto images =
      value_or_throw(find_phrase_answer(to_object_ref(page), to_vector<uint8_t>(stored), text));
  return images ? to_typed_array("Uint32Array", *images) : val::null();
}

// PackedTextEncoder with JavaScript's values.
class TextEncoderBinding {
 public:
  explicit TextEncoderBinding(PackedTextEncoder encoder) : encoder_(std::move(encoder)) {}

  // payload: the root's, or what `sightline models pack` wrote.
  static std::unique_ptr<TextEncoderBinding> open(const val& payload, uint32_t embedding_dim) {
    const auto bytes = to_vector<uint8_t>(payload);
    ByteReader reader(bytes);
    const auto info = value_or_throw(parse_packed_encoder(reader));
    return std::make_unique<TextEncoderBinding>(
        value_or_throw(PackedTextEncoder::open(info, embedding_dim)));
  }

  val missing_objects() const { return to_array(encoder_.missing_objects()); }
  // ids: Uint32Array.
  val missing_objects_of(const val& ids) const {
    return to_array(value_or_throw(encoder_.missing_objects(to_vector<uint32_t>(ids))));
  }
  val all_objects() const { return to_array(encoder_.all_objects()); }
  void add_object(const val& ref, const val& stored) {
    ok_or_throw(encoder_.add_object(to_object_ref(ref), to_vector<uint8_t>(stored)));
  }
  val encode(const val& ids) const {
    return to_typed_array("Float32Array",
                          value_or_throw(encoder_.encode(to_vector<uint32_t>(ids))));
  }

 private:
  PackedTextEncoder encoder_;
};

val unpack(const val& ref, const val& stored) {
  return to_typed_array(
      "Uint8Array", value_or_throw(unpack_object(to_object_ref(ref), to_vector<uint8_t>(stored))));
}

// Of an object of kind records, or of a piece of a paged index.
val read_records(const val& ref, const val& payload) {
  const bool is_piece = to_object_ref(ref).kind == ObjectKind::kPiece;
  const auto bytes = to_vector<uint8_t>(payload);
  val array = val::array();
  for (const auto& record :
       value_or_throw(is_piece ? parse_piece_records(bytes) : parse_records_piece(bytes))) {
    array.call<void>("push", to_object(record));
  }
  return array;
}

// What a cell of a paged index refers to.
val read_cell_pieces(const val& payload) {
  val array = val::array();
  for (const auto& piece : value_or_throw(parse_cell_pieces(to_vector<uint8_t>(payload)))) {
    array.call<void>("push", to_object(piece.ref));
  }
  return array;
}

// What a directory of the phrase bank refers to.
val read_phrase_pages(const val& payload) {
  val array = val::array();
  for (const auto& page : value_or_throw(parse_phrase_directory(to_vector<uint8_t>(payload)))) {
    array.call<void>("push", to_object(page.ref));
  }
  return array;
}

val read_examples(const val& payload, uint32_t dim) {
  val array = val::array();
  for (const auto& example : value_or_throw(parse_examples(to_vector<uint8_t>(payload), dim))) {
    val entry = val::object();
    entry.set("text", example.text);
    entry.set("embedding", to_typed_array("Float32Array", example.embedding));
    array.call<void>("push", entry);
  }
  return array;
}

// rgb: Uint8Array [height, width, 3]; box: [x0, y0, x1, y1]; returns Float32Array [3, size, size].
val preprocess_image(const val& rgb, uint32_t width_px, uint32_t height_px, const val& box,
                     const val& model) {
  RgbImage image{width_px, height_px, to_vector<uint8_t>(rgb)};
  const auto edges = emscripten::convertJSArrayToNumberVector<uint32_t>(box);
  const auto mean = emscripten::convertJSArrayToNumberVector<float>(model["mean"]);
  const auto stddev = emscripten::convertJSArrayToNumberVector<float>(model["std"]);
  const bool box_fits = edges.size() == 4 && edges[0] < edges[2] && edges[1] < edges[3] &&
                        edges[2] <= width_px && edges[3] <= height_px;
  if (!box_fits || mean.size() != 3 || stddev.size() != 3 ||
      image.pixels.size() != size_t{width_px} * height_px * 3) {
    throw_error(invalid_argument("preprocess: the pixels, the box and the model do not fit"));
  }
  ImagePreprocessing preprocessing;
  preprocessing.size_px = model["imageSizePx"].as<uint32_t>();
  std::copy(mean.begin(), mean.end(), preprocessing.mean.begin());
  std::copy(stddev.begin(), stddev.end(), preprocessing.std.begin());
  return to_typed_array("Float32Array",
                        preprocess(image, {edges[0], edges[1], edges[2], edges[3]}, preprocessing));
}

val centre_square_of(uint32_t width_px, uint32_t height_px) {
  const PixelBox box = centre_square(width_px, height_px);
  return to_typed_array("Uint32Array", std::vector<uint32_t>{box.x0, box.y0, box.x1, box.y1});
}

val split_conjunction_of(const std::string& text) { return to_array(split_conjunction(text)); }

std::string simd_level() { return simd_level_name(); }

}  // namespace

EMSCRIPTEN_BINDINGS(sightline) {
  emscripten::class_<SearcherBinding>("Searcher")
      .class_function("open", &SearcherBinding::open)
      .function("root", &SearcherBinding::root)
      .function("isPaged", &SearcherBinding::is_paged)
      .function("residentBytes", &SearcherBinding::resident_bytes)
      .function("setMemoryLimit", &SearcherBinding::set_memory_limit)
      .function("missingObjects", &SearcherBinding::missing_objects)
      .function("facets", &SearcherBinding::facets)
      .function("countByFacets", &SearcherBinding::count_by_facets)
      .function("missingForEmbedding", &SearcherBinding::missing_for_embedding)
      .function("missingForRecord", &SearcherBinding::missing_for_record)
      .function("missingCells", &SearcherBinding::missing_cells)
      .function("addObject", &SearcherBinding::add_object)
      .function("ready", &SearcherBinding::ready)
      .function("search", &SearcherBinding::search)
      .function("imageEmbedding", &SearcherBinding::image_embedding)
      .function("findImageIds", &SearcherBinding::find_image_ids)
      .function("findRecord", &SearcherBinding::find_record)
      .function("columns", &SearcherBinding::columns)
      .function("phraseDirectory", &SearcherBinding::phrase_directory)
      .function("answerDirectory", &SearcherBinding::answer_directory);
  emscripten::class_<TextEncoderBinding>("TextEncoder")
      .class_function("open", &TextEncoderBinding::open)
      .function("missingObjects", &TextEncoderBinding::missing_objects)
      .function("missingObjectsOf", &TextEncoderBinding::missing_objects_of)
      .function("allObjects", &TextEncoderBinding::all_objects)
      .function("addObject", &TextEncoderBinding::add_object)
      .function("encode", &TextEncoderBinding::encode);
  emscripten::class_<TokenizerBinding>("Tokenizer")
      .class_function("parse", &TokenizerBinding::parse)
      .function("encode", &TokenizerBinding::encode)
      .function("familiarity", &TokenizerBinding::familiarity);
  emscripten::class_<PhraseSuggestionsBinding>("PhraseSuggestions")
      .class_function("parse", &PhraseSuggestionsBinding::parse)
      .function("complete", &PhraseSuggestionsBinding::complete)
      .function("nearest", &PhraseSuggestionsBinding::nearest);
  emscripten::function("phraseLeaf", &phrase_leaf);
  emscripten::function("phraseEmbedding", &phrase_embedding);
  emscripten::function("phraseAnswer", &phrase_answer);
  emscripten::function("unpackObject", &unpack);
  emscripten::function("readRecords", &read_records);
  emscripten::function("readCellPieces", &read_cell_pieces);
  emscripten::function("readPhrasePages", &read_phrase_pages);
  emscripten::function("readExamples", &read_examples);
  emscripten::function("preprocessImage", &preprocess_image);
  emscripten::function("centreSquare", &centre_square_of);
  emscripten::function("splitConjunction", &split_conjunction_of);
  emscripten::function("simdLevel", &simd_level);
}

}  // namespace sightline
