// Searcher as JavaScript sees it. What `open` gives owns memory of the module and ends with
// delete().

#include <memory>
#include <string>
#include <vector>

#include <emscripten/bind.h>

#include "native/search/hit_relevance.h"
#include "native/search/phrase_lookup.h"
#include "native/search/running_search.h"
#include "native/search/searcher.h"
#include "native/vectors/dot.h"
#include "wasm/root_values.h"

namespace sightline {
namespace {

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
  if (name == "hnsw") return SearchPath::kHnsw;
  return name == "cells" ? SearchPath::kCells : SearchPath::kAuto;
}

SearchOptions to_search_options(const val& object) {
  SearchOptions options;
  options.kind = object["kind"].as<std::string>() == "image" ? QueryKind::kImage : QueryKind::kText;
  options.path = to_search_path(object["path"].as<std::string>());
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
  set(object, "images", to_typed_array("Uint32Array", images));
  set(object, "similarities", to_typed_array("Float64Array", similarities));
  set(object, "viewKinds", to_typed_array("Uint8Array", kinds));
  set(object, "boxesXyxyPx", to_typed_array("Uint32Array", boxes));
  return object;
}

// One search that goes on from round to round; it keeps its searcher.
class SearchBinding {
 public:
  SearchBinding(std::shared_ptr<Searcher> searcher, const val& embeddings, const val& options)
      : searcher_(std::move(searcher)),
        options_(to_search_options(options)),
        familiarity_(options["familiarity"].as<double>()),
        search_(value_or_throw(
            RunningSearch::begin(*searcher_, to_vector<float>(embeddings), options_))) {}

  val step(bool is_first) {
    const auto answer = value_or_throw(search_.step(is_first ? Stage::kFirst : Stage::kSettled));
    RelevanceVerdict verdict;
    if (options_.kind == QueryKind::kText) {
      verdict = judge_hits(searcher_->root().relevance, answer.hits, familiarity_);
    }
    val object = to_object(answer.hits);
    set(object, "missing", to_array(answer.missing));
    set(object, "relevances", to_typed_array("Float64Array", verdict.relevances));
    set(object, "found", verdict.found);
    return object;
  }

 private:
  std::shared_ptr<Searcher> searcher_;
  SearchOptions options_;
  double familiarity_;
  RunningSearch search_;
};

// Searcher with JavaScript's values.
class SearcherBinding {
 public:
  explicit SearcherBinding(Searcher searcher)
      : searcher_(std::make_shared<Searcher>(std::move(searcher))) {}

  static std::unique_ptr<SearcherBinding> open(const val& root_ref, const val& stored) {
    return std::make_unique<SearcherBinding>(
        value_or_throw(Searcher::open(to_object_ref(root_ref), to_vector<uint8_t>(stored))));
  }

  val root() const { return to_object(searcher_->root()); }
  bool is_paged() const { return searcher_->is_paged(); }
  void set_memory_limit(double bytes) {
    if (searcher_->paged()) searcher_->paged()->cache().set_limit(static_cast<uint64_t>(bytes));
  }
  double resident_bytes() const { return static_cast<double>(searcher_->resident_bytes()); }
  // need: "search", "columns" or "ids".
  val missing_objects(const std::string& need) const {
    return to_array(searcher_->missing_objects(need == "columns" ? Need::kColumns
                                               : need == "ids"   ? Need::kImageIds
                                                                 : Need::kSearch));
  }
  val missing_for_embedding(uint32_t image) {
    return to_array(value_or_throw(searcher_->missing_for_embedding(image)));
  }
  val missing_for_record(uint32_t image) {
    return to_array(value_or_throw(searcher_->missing_for_record(image)));
  }
  val missing_cells() { return to_array(searcher_->missing_cells()); }
  void search_resident_cells() {
    if (searcher_->paged()) searcher_->paged()->search_resident_cells();
  }
  void add_object(const val& ref, const val& stored) {
    ok_or_throw(searcher_->add_object(to_object_ref(ref), to_vector<uint8_t>(stored)));
  }
  bool ready() const { return searcher_->ready(); }
  // embeddings: Float32Array [phrases, dim].
  std::unique_ptr<SearchBinding> ask(const val& embeddings, const val& options) {
    return std::make_unique<SearchBinding>(searcher_, embeddings, options);
  }
  val facets() const {
    val array = val::array();
    for (const auto& column : searcher_->root().facets.columns) {
      push(array, to_object(column));
    }
    return array;
  }
  val count_by_facets(const val& filters) {
    return to_value(value_or_throw(searcher_->count_by_facets(to_filters(filters))));
  }
  val phrase_directory(const std::string& text) const {
    return to_value(find_phrase_directory(searcher_->root().phrase_bank, text));
  }
  val answer_directory(const std::string& text) const {
    return to_value(find_answer_directory(searcher_->root().phrase_bank, text));
  }
  val image_embedding(uint32_t image) const {
    return to_typed_array("Float32Array", value_or_throw(searcher_->image_embedding(image)));
  }
  val find_image_ids(const std::string& image_id) const {
    return to_typed_array("Uint32Array", searcher_->find_images(image_id));
  }
  val find_record(uint32_t image) const {
    const auto place = value_or_throw(searcher_->find_record(image));
    val object = val::object();
    set(object, "piece", to_object(place.piece));
    set(object, "position", place.position);
    return object;
  }
  val columns() const {
    val array = val::array();
    for (const auto& column : searcher_->columns()) push(array, to_object(column));
    return array;
  }

 private:
  std::shared_ptr<Searcher> searcher_;
};

std::string simd_level() { return simd_level_name(); }

}  // namespace

EMSCRIPTEN_BINDINGS(searcher) {
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
      .function("ask", &SearcherBinding::ask)
      .function("searchResidentCells", &SearcherBinding::search_resident_cells)
      .function("imageEmbedding", &SearcherBinding::image_embedding)
      .function("findImageIds", &SearcherBinding::find_image_ids)
      .function("findRecord", &SearcherBinding::find_record)
      .function("columns", &SearcherBinding::columns)
      .function("phraseDirectory", &SearcherBinding::phrase_directory)
      .function("answerDirectory", &SearcherBinding::answer_directory);
  emscripten::class_<SearchBinding>("Search").function("step", &SearchBinding::step);
  emscripten::function("simdLevel", &simd_level);
}

}  // namespace sightline
