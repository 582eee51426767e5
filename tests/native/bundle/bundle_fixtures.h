#pragma once

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/native/search/small_bundle.h"

// What tests/fixtures/bundle holds. The files are never written again for the same version of the
// format: a bundle once published opens forever.
//
//   golden/              a bundle of 12 images and 16 dimensions
//   golden_answers.json  three queries with their hits
//   corrupt/, future/    payloads, uncompressed, and manifests that a reader must refuse or accept
//   refusals.tsv         path, error code ("ok": accepted) and message of each payload

namespace sightline::testing {

using Bytes = std::vector<uint8_t>;

inline constexpr uint32_t kGoldenImages = 12;
inline constexpr uint32_t kGoldenDim = 16;

// The raw payload of a reference.
inline Bytes raw_payload(const SmallBundle& bundle, const ObjectRef& ref) {
  return unpack_object(ref, bundle.stored(ref)).value();
}

inline Root root_of(const SmallBundle& bundle) {
  return parse_root(raw_payload(bundle, bundle.root_ref)).value();
}

// A small bundle whose two indexes need their similarities brought to one scale.
inline SmallBundle make_golden_bundle() {
  SmallBundle bundle = make_small_bundle(1, kGoldenImages, kGoldenDim);
  Root root = root_of(bundle);
  root.indexes[0].similarity_mean = 0.25;
  root.indexes[0].similarity_stddev = 0.0625;
  root.indexes[1].similarity_mean = 0.375;
  root.indexes[1].similarity_stddev = 0.125;
  bundle.files.erase(object_name(bundle.root_ref));
  auto object = pack_object(ObjectKind::kRoot, write_root(root));
  bundle.root_ref = object.ref;
  bundle.files[object_name(object.ref)] = std::move(object.stored);
  return bundle;
}

// manifest.json as indexer/bundle/manifest.cpp writes it.
inline std::string manifest_text(const ObjectRef& root) {
  return "{\n  \"format\": \"sightline-bundle\",\n  \"major\": 1,\n  \"minor\": 0,\n"
         "  \"generator\": \"test\",\n  \"root\": {\n    \"kind\": \"root\",\n"
         "    \"compression\": \"" +
         std::string(root.compression == Compression::kZstd ? "zstd" : "none") +
         "\",\n    \"stored_bytes\": " + std::to_string(root.stored_bytes) +
         ",\n    \"raw_bytes\": " + std::to_string(root.raw_bytes) + ",\n    \"sha256\": \"" +
         to_hex(root.sha256) + "\"\n  }\n}\n";
}

inline std::string exact_text(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.*g", digits, value);
  return text;
}

// The answers to three queries as JSON; every number reads back as the same bits.
inline std::string answers_text(const SmallBundle& bundle, Searcher& searcher, SearchPath path) {
  struct Query {
    const char* name;
    QueryKind kind;
    std::vector<float> embedding;
  };
  const auto row = [](const std::vector<float>& rows, size_t position) {
    const auto begin = rows.begin() + static_cast<ptrdiff_t>(position * kGoldenDim);
    return std::vector<float>(begin, begin + kGoldenDim);
  };
  std::vector<float> text;
  ClusteredVectorMaker(9, kGoldenDim, 6).add_text(text);
  const Query queries[] = {{"image 7", QueryKind::kImage, row(bundle.whole, 7)},
                           {"the crop of image 6", QueryKind::kImage, row(bundle.crops, 2)},
                           {"a text", QueryKind::kText, text}};
  std::string json = "[";
  for (const auto& [name, kind, embedding] : queries) {
    json += std::string(json.size() > 1 ? ",\n" : "\n") + "{\"name\":\"" + name + "\",\"kind\":\"" +
            (kind == QueryKind::kText ? "text" : "image") + "\",\"embedding\":[";
    for (size_t i = 0; i < embedding.size(); ++i) {
      json += (i > 0 ? "," : "") + exact_text(embedding[i], 9);
    }
    json += "],\"hits\":[";
    SearchOptions options;
    options.kind = kind;
    options.k = 5;
    options.path = path;
    const auto hits = searcher.search(embedding, options).value().hits;
    for (size_t i = 0; i < hits.size(); ++i) {
      const auto& [image, similarity, view] = hits[i];
      json += std::string(i > 0 ? "," : "") + "\n {\"image\":" + std::to_string(image) +
              ",\"similarity\":" + exact_text(similarity, 17) +
              ",\"view_kind\":" + std::to_string(static_cast<int>(view.kind)) +
              ",\"box_xyxy_px\":[" + std::to_string(view.box.x0) + "," +
              std::to_string(view.box.y0) + "," + std::to_string(view.box.x1) + "," +
              std::to_string(view.box.y1) + "]}";
    }
    json += "]}";
  }
  return json + "\n]\n";
}

template <class T>
Bytes with_value(Bytes bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
  return bytes;
}

inline Bytes cut(Bytes bytes, size_t left_out) {
  bytes.resize(bytes.size() - left_out);
  return bytes;
}

// The root with one more section: 4 bytes of a kind that nobody knows.
inline Bytes with_unknown_section(const Bytes& root, uint16_t minor, uint16_t flags) {
  constexpr size_t kHeaderBytes = 16;
  constexpr size_t kEntryBytes = 12;
  uint32_t count = 0;
  std::memcpy(&count, &root[12], sizeof(count));
  Bytes wider = with_value(with_value(root, 10, minor), 12, count + 1);
  for (size_t i = 0; i < count; ++i) {
    const size_t place = kHeaderBytes + i * kEntryBytes + 4;
    uint32_t offset = 0;
    std::memcpy(&offset, &root[place], sizeof(offset));
    wider = with_value(std::move(wider), place, offset + static_cast<uint32_t>(kEntryBytes));
  }
  ByteWriter entry;
  entry.write(uint16_t{77});
  entry.write(flags);
  entry.write(static_cast<uint32_t>(root.size() + kEntryBytes));
  entry.write(uint32_t{4});
  const auto table_end = static_cast<ptrdiff_t>(kHeaderBytes + count * kEntryBytes);
  wider.insert(wider.begin() + table_end, entry.bytes().begin(), entry.bytes().end());
  wider.insert(wider.end(), {1, 2, 3, 4});
  return wider;
}

// Every payload of corrupt/ and future/, by path.
inline std::map<std::string, Bytes> make_fixture_payloads() {
  const SmallBundle bundle = make_golden_bundle();
  const Root golden = root_of(bundle);
  const Bytes root = write_root(golden);
  const Bytes graph = raw_payload(bundle, golden.indexes[0].graph[0]);
  const Bytes views = raw_payload(bundle, golden.indexes[0].views[0]);
  const Bytes records = raw_payload(bundle, golden.records[0].ref);
  const Bytes ids = raw_payload(bundle, golden.image_ids[0]);
  const Bytes examples = raw_payload(bundle, golden.examples[0]);
  const Bytes columns = raw_payload(bundle, golden.columns[0]);
  const Bytes& parameters = golden.indexes[0].code_parameters;
  const auto changed_root = [&](auto&& change) {
    Root changed = golden;
    change(changed);
    return write_root(changed);
  };
  const auto changed_columns = [&](auto&& change) {
    auto changed = small_columns(kGoldenImages);
    change(changed);
    return write_columns(changed);
  };
  ImageRecord outside = small_record(0);
  outside.thumbnail = {pack_object(ObjectKind::kThumbnail, Bytes(100)).ref, 60, 41, 8, 8};
  Bytes columns_and_more = columns;
  columns_and_more.push_back(0);
  Bytes swapped = ids;
  std::swap_ranges(swapped.begin(), swapped.begin() + 8, swapped.begin() + 8);
  constexpr size_t kLinks = 16 + kGoldenImages * 3;  // all rows are of level 0
  constexpr size_t kX1 = kGoldenImages * 13;
  constexpr size_t kLayout = 1;
  uint32_t index_offset = 0;
  std::memcpy(&index_offset, &root[16 + 2 * 12 + 4], sizeof(index_offset));
  const auto set_kind = [](Root& changed) {
    changed.indexes[0].codes[0].kind = ObjectKind::kViews;
  };

  return {
      {"corrupt/root_truncated.root", cut(root, 40)},
      {"corrupt/root_no_magic.root", with_value(root, 0, uint8_t{'s'})},
      {"corrupt/root_too_many_sections.root", with_value(root, 12, 1025u)},
      {"corrupt/root_other_dimension.root",
       changed_root([](Root& changed) { changed.model.embedding_dim = 8; })},
      {"corrupt/root_records_gap.root",
       changed_root([](Root& changed) { changed.records[0].first_ordinal = 1; })},
      {"corrupt/root_no_spread.root",
       changed_root([](Root& changed) { changed.indexes[1].similarity_stddev = 0; })},
      {"corrupt/root_wrong_kind.root", changed_root(set_kind)},
      {"corrupt/root_huge_object.root",
       changed_root([](Root& changed) { changed.columns[0].raw_bytes = kMaxObjectBytes + 1; })},
      {"corrupt/root_too_few_codes.root",
       changed_root([](Root& changed) { changed.indexes[0].row_count = 13; })},
      {"corrupt/graph_link_out_of_range.graph",
       with_value(graph, kLinks, static_cast<uint8_t>(graph[kLinks] | 15))},
      {"corrupt/graph_cut.graph", cut(graph, 1)},
      {"corrupt/graph_counts_cut.graph", Bytes(graph.begin(), graph.begin() + 30)},
      {"corrupt/graph_entry_point.graph", with_value(graph, 8, kGoldenImages)},
      {"corrupt/graph_no_m.graph", with_value(graph, 4, 0u)},
      {"corrupt/graph_other_rows.graph", with_value(graph, 0, 13u)},
      {"corrupt/views_empty_box.views", with_value(views, kX1 + 3 * 4, 80u)},
      {"corrupt/views_image_out_of_range.views", with_value(views, 0, kGoldenImages)},
      {"corrupt/views_cut.views", cut(views, 1)},
      {"corrupt/columns_code_out_of_range.columns",
       changed_columns([](auto& changed) { changed[0].codes[5] = 3; })},
      {"corrupt/columns_offsets_descend.columns", changed_columns([](auto& changed) {
         std::swap(changed[2].tag_offsets[1], changed[2].tag_offsets[3]);
       })},
      {"corrupt/columns_tag_out_of_range.columns",
       changed_columns([](auto& changed) { changed[2].tags[1].value = 2; })},
      {"corrupt/columns_cut.columns", cut(columns, 1)},
      {"corrupt/columns_trailing.columns", columns_and_more},
      {"corrupt/records_cut.records", cut(records, 1)},
      {"corrupt/records_too_many.records", with_value(records, 0, 0xffffffffu)},
      {"corrupt/records_thumbnail_outside.records", write_records_piece({&outside, 1})},
      {"corrupt/ids_unsorted.ids", swapped},
      {"corrupt/ids_out_of_range.ids", with_value(ids, kGoldenImages * 8, kGoldenImages)},
      {"corrupt/ids_cut.ids", cut(ids, 12)},
      {"corrupt/examples_other_dimension.examples", with_value(examples, 4, 8u)},
      {"corrupt/examples_cut.examples", cut(examples, 1)},
      {"corrupt/parameters_negative_step.parameters",
       with_value(parameters, (kGoldenDim + 3) * 4, -1.0f)},
      {"corrupt/parameters_not_finite.parameters", with_value(parameters, 4, 0x7fc00000u)},
      {"corrupt/parameters_cut.parameters", cut(parameters, 4)},
      {"future/root_major_2.root", with_value(root, 8, uint16_t{2})},
      {"future/root_required_section.root", with_unknown_section(root, 1, 1)},
      {"future/root_optional_section.root", with_unknown_section(root, 1, 0)},
      {"future/root_index_layout.root", with_value(root, index_offset + kLayout, uint8_t{3})},
  };
}

// What the reader of a payload's kind, which its extension names, makes of it: "code<TAB>message".
inline std::string outcome_of(const std::string& path, const Bytes& payload) {
  const auto said = [](const auto& result) {
    return result ? std::string("ok\t")
                  : error_code_name(result.error().code) + ("\t" + result.error().message);
  };
  const std::string kind = path.substr(path.rfind('.') + 1);
  if (kind == "root") return said(parse_root(payload));
  if (kind == "graph") return said(HnswGraph::parse(payload, kGoldenImages));
  if (kind == "views") return said(parse_views(payload, kGoldenImages, kGoldenImages));
  if (kind == "columns") return said(parse_columns(payload, kGoldenImages));
  if (kind == "records") return said(parse_records_piece(payload));
  if (kind == "ids") return said(ImageIdTable::parse(payload, kGoldenImages));
  if (kind == "examples") return said(parse_examples(payload, kGoldenDim));
  if (kind == "parameters") {
    ByteReader reader(payload);
    return said(read_code_parameters(reader, kGoldenDim));
  }
  return "no reader for ." + kind;
}

}  // namespace sightline::testing
