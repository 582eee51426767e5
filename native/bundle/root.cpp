#include "native/bundle/root.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

namespace sightline {
namespace {

constexpr std::string_view kMagic = "SLBUNDLE";
constexpr uint32_t kMaxDim = 4096;
constexpr uint32_t kMaxSections = 1024;
constexpr uint16_t kRequiredFlag = 1;

// FORMAT.md, section 4. The values are in published files: never change them.
enum class SectionKind : uint16_t {
  kDescription = 1,
  kModel = 2,
  kIndex = 3,
  kRecords = 4,
  kQuality = 5,
  kRouter = 6,  // reserved
  kPackedEncoder = 7,
  kPhraseBank = 8,
  kRelevance = 9,
  kFacets = 11,
  kCellDeltas = 12,
  kBuildMemory = 13,
  kGraph = 14,
};

struct SectionEntry {
  uint16_t kind = 0;
  uint16_t flags = 0;
  uint32_t offset = 0;
  uint32_t length = 0;
};

std::vector<uint8_t> write_description(const Root& root) {
  ByteWriter writer;
  writer.write_string(root.title);
  writer.write_string(root.generator);
  writer.write(root.image_count);
  writer.write(static_cast<uint16_t>(root.datasets.size()));
  for (const auto& dataset : root.datasets) {
    writer.write_string(dataset.slug);
    writer.write_string(dataset.licence);
    writer.write_string(dataset.media_base_url);
  }
  writer.write(static_cast<uint16_t>(root.class_names.size()));
  for (const auto& name : root.class_names) writer.write_string(name);
  return std::move(writer).take();
}

Result<void> read_description(ByteReader& reader, Root& root) {
  root.title = reader.read_string();
  root.generator = reader.read_string();
  root.image_count = reader.read<uint32_t>();
  const auto dataset_count = reader.read<uint16_t>();
  for (uint32_t i = 0; i < dataset_count && reader.ok(); ++i) {
    DatasetInfo& dataset = root.datasets.emplace_back();
    dataset.slug = reader.read_string();
    dataset.licence = reader.read_string();
    dataset.media_base_url = reader.read_string();
  }
  const auto class_count = reader.read<uint16_t>();
  for (uint32_t i = 0; i < class_count && reader.ok(); ++i) {
    root.class_names.emplace_back(reader.read_string());
  }
  return {};
}

std::vector<uint8_t> write_model(const ModelInfo& model) {
  ByteWriter writer;
  writer.write_string(model.id);
  writer.write_string(model.licence);
  writer.write_string(model.warning);
  writer.write(model.embedding_dim);
  writer.write(model.image_size_px);
  writer.write_array<float>(model.mean);
  writer.write_array<float>(model.stddev);
  writer.write(model.context_length);
  write_object_parts(writer, model.tokenizer);
  writer.write(static_cast<uint16_t>(model.files.size()));
  for (const auto& file : model.files) {
    writer.write_string(file.role);
    writer.write_string(file.name);
    writer.write(file.byte_count);
    writer.write_bytes(file.sha256);
    write_object_parts(writer, file.parts);
  }
  return std::move(writer).take();
}

Result<void> read_model(ByteReader& reader, ModelInfo& model) {
  model.id = reader.read_string();
  model.licence = reader.read_string();
  model.warning = reader.read_string();
  model.embedding_dim = reader.read<uint32_t>();
  model.image_size_px = reader.read<uint32_t>();
  for (float& value : model.mean) value = reader.read<float>();
  for (float& value : model.stddev) value = reader.read<float>();
  model.context_length = reader.read<uint32_t>();
  ASSIGN_OR_RETURN(model.tokenizer, read_object_parts(reader, ObjectKind::kTokenizer));
  const auto file_count = reader.read<uint16_t>();
  for (uint32_t i = 0; i < file_count && reader.ok(); ++i) {
    PublishedFile& file = model.files.emplace_back();
    file.role = reader.read_string();
    file.name = reader.read_string();
    file.byte_count = reader.read<uint64_t>();
    const auto digest = reader.take(file.sha256.size());
    if (!reader.ok()) break;
    std::copy(digest.begin(), digest.end(), file.sha256.begin());
    ASSIGN_OR_RETURN(file.parts, read_object_parts(reader, ObjectKind::kModel));
    uint64_t parts_bytes = 0;
    for (const auto& part : file.parts) parts_bytes += part.raw_bytes;
    if (!file.parts.empty() && parts_bytes != file.byte_count) {
      return corrupt("model file '" + file.name + "': its parts hold " +
                     std::to_string(parts_bytes) + " bytes, expected " +
                     std::to_string(file.byte_count));
    }
  }
  return {};
}

std::vector<uint8_t> write_index(const IndexInfo& index) {
  ByteWriter writer;
  writer.write(static_cast<uint8_t>(index.row_kind));
  writer.write(static_cast<uint8_t>(index.layout));
  writer.write(uint16_t{0});
  writer.write(index.row_count);
  writer.write(index.dim);
  writer.write(index.m);
  writer.write(index.ef_construction);
  writer.write(index.similarity_mean);
  writer.write(index.similarity_stddev);
  writer.write(static_cast<uint32_t>(index.code_parameters.size()));
  writer.write_bytes(index.code_parameters);
  if (index.layout == IndexLayout::kPaged) {
    write_cell_directory(writer, index.cells);
    return std::move(writer).take();
  }
  write_object_parts(writer, index.codes);
  write_object_parts(writer, index.views);
  write_object_parts(writer, index.graph);
  write_object_parts(writer, index.refinement);
  return std::move(writer).take();
}

uint64_t raw_byte_count(const ObjectParts& parts) {
  uint64_t total = 0;
  for (const auto& part : parts) total += part.raw_bytes;
  return total;
}

Result<IndexInfo> read_index(ByteReader& reader) {
  IndexInfo index;
  const auto row_kind = reader.read<uint8_t>();
  const auto layout = reader.read<uint8_t>();
  reader.read<uint16_t>();
  index.row_count = reader.read<uint32_t>();
  index.dim = reader.read<uint32_t>();
  index.m = reader.read<uint32_t>();
  index.ef_construction = reader.read<uint32_t>();
  index.similarity_mean = reader.read<double>();
  index.similarity_stddev = reader.read<double>();
  const auto parameters = reader.take(reader.read<uint32_t>());
  if (!reader.ok()) return corrupt("index: the bytes end inside it");
  index.code_parameters.assign(parameters.begin(), parameters.end());
  if (row_kind > static_cast<uint8_t>(RowKind::kCrops)) {
    return unsupported("index: row kind " + std::to_string(row_kind) +
                       ", this reader knows 0 (images) and 1 (crops)");
  }
  index.row_kind = static_cast<RowKind>(row_kind);
  if (layout != static_cast<uint8_t>(IndexLayout::kResident) &&
      layout != static_cast<uint8_t>(IndexLayout::kPaged)) {
    return unsupported("index: layout " + std::to_string(layout) +
                       ", this reader knows 1 (resident) and 2 (paged)");
  }
  index.layout = static_cast<IndexLayout>(layout);
  if (index.dim == 0 || index.dim > kMaxDim) {
    return corrupt("index: " + std::to_string(index.dim) + " dimensions, expected 1 to 4096");
  }
  if (!std::isfinite(index.similarity_mean) || !std::isfinite(index.similarity_stddev) ||
      index.similarity_stddev <= 0) {
    return corrupt("index: the spread of similarities is not a finite positive number");
  }
  if (index.layout == IndexLayout::kPaged) {
    ASSIGN_OR_RETURN(index.cells, read_cell_directory(reader, index.row_count));
    return index;
  }
  ASSIGN_OR_RETURN(index.codes, read_object_parts(reader, ObjectKind::kCodes));
  ASSIGN_OR_RETURN(index.views, read_object_parts(reader, ObjectKind::kViews));
  ASSIGN_OR_RETURN(index.graph, read_object_parts(reader, ObjectKind::kGraph));
  ASSIGN_OR_RETURN(index.refinement, read_object_parts(reader, ObjectKind::kRefinement));
  const uint64_t code_bytes = uint64_t{index.row_count} * index.dim;
  if (raw_byte_count(index.codes) != code_bytes) {
    return corrupt("index: the codes hold " + std::to_string(raw_byte_count(index.codes)) +
                   " bytes, expected " + std::to_string(code_bytes) + " (rows × dimensions)");
  }
  return index;
}

std::vector<uint8_t> write_records(const Root& root) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(root.records.size()));
  for (const auto& piece : root.records) {
    writer.write(piece.first_ordinal);
    write_object_ref(writer, piece.ref);
  }
  write_object_parts(writer, root.columns);
  write_object_parts(writer, root.image_ids);
  write_object_parts(writer, root.examples);
  return std::move(writer).take();
}

Result<void> read_records(ByteReader& reader, Root& root) {
  const auto count = reader.read<uint32_t>();
  if (count > reader.remaining() / (kObjectRefBytes + 4)) {
    return corrupt("records: " + std::to_string(count) + " pieces do not fit the section");
  }
  root.records.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const auto first_ordinal = reader.read<uint32_t>();
    ASSIGN_OR_RETURN(const auto ref, read_object_ref(reader, ObjectKind::kRecords));
    root.records.push_back({first_ordinal, ref});
  }
  ASSIGN_OR_RETURN(root.columns, read_object_parts(reader, ObjectKind::kColumns));
  ASSIGN_OR_RETURN(root.image_ids, read_object_parts(reader, ObjectKind::kImageIds));
  ASSIGN_OR_RETURN(root.examples, read_object_parts(reader, ObjectKind::kExamples));
  return {};
}

std::vector<uint8_t> write_quality(const std::vector<QualityFigure>& figures) {
  ByteWriter writer;
  writer.write(static_cast<uint16_t>(figures.size()));
  for (const auto& figure : figures) {
    writer.write_string(figure.name);
    writer.write(figure.value);
  }
  return std::move(writer).take();
}

Result<void> read_quality(ByteReader& reader, std::vector<QualityFigure>& figures) {
  const auto count = reader.read<uint16_t>();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    QualityFigure& figure = figures.emplace_back();
    figure.name = reader.read_string();
    figure.value = reader.read<double>();
  }
  return {};
}

std::vector<uint8_t> write_build_memory(const BuildMemory& memory) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(memory.objects.size()));
  for (const auto& parts : memory.objects) write_object_parts(writer, parts);
  writer.write_bytes(memory.facts);
  return std::move(writer).take();
}

Result<BuildMemory> read_build_memory(ByteReader& reader) {
  BuildMemory memory;
  const auto count = reader.read<uint32_t>();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    ASSIGN_OR_RETURN(auto parts, read_object_parts(reader, ObjectKind::kBase));
    memory.objects.push_back(std::move(parts));
  }
  const auto facts = reader.take(reader.remaining());
  memory.facts.assign(facts.begin(), facts.end());
  return memory;
}

Result<void> read_section(SectionKind kind, ByteReader& reader, Root& root) {
  switch (kind) {
    case SectionKind::kDescription:
      return read_description(reader, root);
    case SectionKind::kModel:
      return read_model(reader, root.model);
    case SectionKind::kIndex: {
      ASSIGN_OR_RETURN(auto index, read_index(reader));
      root.indexes.push_back(std::move(index));
      return {};
    }
    case SectionKind::kRecords:
      return read_records(reader, root);
    case SectionKind::kQuality:
      return read_quality(reader, root.quality);
    case SectionKind::kRouter:
      return {};
    case SectionKind::kPackedEncoder: {
      ASSIGN_OR_RETURN(root.packed_encoder, parse_packed_encoder(reader));
      return {};
    }
    case SectionKind::kPhraseBank: {
      ASSIGN_OR_RETURN(root.phrase_bank, read_phrase_bank(reader));
      return {};
    }
    case SectionKind::kRelevance: {
      ASSIGN_OR_RETURN(root.relevance, read_relevance(reader));
      return {};
    }
    case SectionKind::kFacets: {
      ASSIGN_OR_RETURN(root.facets, read_facets(reader));
      return {};
    }
    case SectionKind::kCellDeltas: {
      ASSIGN_OR_RETURN(root.deltas, read_cell_deltas(reader));
      return {};
    }
    case SectionKind::kGraph: {
      ASSIGN_OR_RETURN(root.graph, read_object_parts(reader, ObjectKind::kGraph));
      return {};
    }
    case SectionKind::kBuildMemory: {
      ASSIGN_OR_RETURN(root.build_memory, read_build_memory(reader));
      return {};
    }
  }
  return {};
}

bool is_known(uint16_t kind) {
  return (kind >= static_cast<uint16_t>(SectionKind::kDescription) &&
          kind <= static_cast<uint16_t>(SectionKind::kQuality)) ||
         kind == static_cast<uint16_t>(SectionKind::kPackedEncoder) ||
         kind == static_cast<uint16_t>(SectionKind::kPhraseBank) ||
         kind == static_cast<uint16_t>(SectionKind::kRelevance) ||
         (kind >= static_cast<uint16_t>(SectionKind::kFacets) &&
          kind <= static_cast<uint16_t>(SectionKind::kGraph));
}

// What no single section can see: that the sections agree with each other.
Result<void> check_root(const Root& root) {
  for (const auto& index : root.indexes) {
    if (index.dim != root.model.embedding_dim) {
      return corrupt("root: an index of " + std::to_string(index.dim) +
                     " dimensions beside a model of " + std::to_string(root.model.embedding_dim));
    }
  }
  if (root.model.embedding_dim == 0 || root.model.embedding_dim > kMaxDim) {
    return corrupt("root: a model of " + std::to_string(root.model.embedding_dim) +
                   " dimensions, expected 1 to 4096");
  }
  bool is_paged = false;
  for (const auto& index : root.indexes) {
    if (index.layout != IndexLayout::kPaged) continue;
    is_paged = true;
    RETURN_IF_ERROR(check_cell_deltas(root.deltas, index.row_count, index.cells.cell_count()));
    if (root.indexes.size() > 1 || index.row_count != root.base_image_count()) {
      return corrupt("root: a paged index of " + std::to_string(index.row_count) + " rows beside " +
                     std::to_string(root.indexes.size() - 1) + " others and " +
                     std::to_string(root.image_count) + " images");
    }
  }
  const CellDeltas& deltas = root.deltas;
  if (!is_paged && deltas.generations.size() + deltas.deltas.size() > 0) {
    return corrupt("root: deltas without the paged index that they belong to");
  }
  if (!deltas.removed.empty() && deltas.removed.back() >= root.image_count) {
    return corrupt("root: an image was removed that is not there");
  }
  for (const auto& column : root.facets.columns) {
    const size_t cells = root.indexes.empty() ? 0 : root.indexes.front().cells.cell_count();
    if (column.cell_rows.size() != cells * column.bin_count()) {
      return corrupt("root: the facet '" + column.name + "' does not tell of " +
                     std::to_string(cells) + " cells");
    }
  }
  if (raw_byte_count(root.image_ids) != uint64_t{root.base_image_count()} * 12) {
    return corrupt("root: the image ids hold " + std::to_string(raw_byte_count(root.image_ids)) +
                   " bytes, expected 12 for each of " + std::to_string(root.base_image_count()) +
                   " images");
  }
  uint32_t next = 0;
  for (const auto& piece : root.records) {
    if ((next == 0) != (piece.first_ordinal == 0) || piece.first_ordinal < next) {
      return corrupt("root: a piece of records begins at image " +
                     std::to_string(piece.first_ordinal) + ", expected " +
                     (next == 0 ? "0" : "at least " + std::to_string(next)));
    }
    next = piece.first_ordinal + 1;
  }
  if (next > root.image_count || (root.records.empty() && root.image_count > 0 && !is_paged)) {
    return corrupt("root: the pieces of records do not cover " + std::to_string(root.image_count) +
                   " images");
  }
  return {};
}

}  // namespace

std::vector<uint8_t> write_root(const Root& root) {
  std::vector<std::pair<SectionKind, std::vector<uint8_t>>> sections;
  sections.emplace_back(SectionKind::kDescription, write_description(root));
  sections.emplace_back(SectionKind::kModel, write_model(root.model));
  for (const auto& index : root.indexes) {
    sections.emplace_back(SectionKind::kIndex, write_index(index));
  }
  sections.emplace_back(SectionKind::kRecords, write_records(root));
  sections.emplace_back(SectionKind::kQuality, write_quality(root.quality));
  const size_t first_version_sections = sections.size();
  if (root.packed_encoder) {
    sections.emplace_back(SectionKind::kPackedEncoder, write_packed_encoder(*root.packed_encoder));
  }
  if (!root.phrase_bank.directories.empty()) {
    sections.emplace_back(SectionKind::kPhraseBank, write_phrase_bank(root.phrase_bank));
  }
  if (root.relevance.is_known()) {
    sections.emplace_back(SectionKind::kRelevance, write_relevance(root.relevance));
  }
  if (!root.facets.columns.empty()) {
    ByteWriter facets;
    write_facets(facets, root.facets);
    sections.emplace_back(SectionKind::kFacets, std::move(facets).take());
  }
  if (!root.deltas.empty()) {
    sections.emplace_back(SectionKind::kCellDeltas, write_cell_deltas(root.deltas));
  }
  if (!root.build_memory.empty()) {
    sections.emplace_back(SectionKind::kBuildMemory, write_build_memory(root.build_memory));
  }
  if (!root.graph.empty()) {
    ByteWriter graph;
    write_object_parts(graph, root.graph);
    sections.emplace_back(SectionKind::kGraph, std::move(graph).take());
  }
  const bool has_paged_index =
      std::any_of(root.indexes.begin(), root.indexes.end(),
                  [](const IndexInfo& index) { return index.layout == IndexLayout::kPaged; });

  ByteWriter writer;
  writer.write_bytes({reinterpret_cast<const uint8_t*>(kMagic.data()), kMagic.size()});
  writer.write(kFormatMajor);
  // A root that needs nothing of a later version is one of the first.
  writer.write(has_paged_index || sections.size() > first_version_sections ? kFormatMinor
                                                                           : uint16_t{0});
  writer.write(static_cast<uint32_t>(sections.size()));
  auto offset = static_cast<uint32_t>(16 + 12 * sections.size());
  for (const auto& [kind, bytes] : sections) {
    writer.write(static_cast<uint16_t>(kind));
    // Without its deltas an index would answer with rows that are gone.
    const bool required = kind == SectionKind::kIndex || kind == SectionKind::kCellDeltas;
    writer.write(required ? kRequiredFlag : uint16_t{0});
    writer.write(offset);
    writer.write(static_cast<uint32_t>(bytes.size()));
    offset += static_cast<uint32_t>(bytes.size());
  }
  for (const auto& [kind, bytes] : sections) writer.write_bytes(bytes);
  return std::move(writer).take();
}

Result<Root> parse_root(std::span<const uint8_t> raw) {
  ByteReader header(raw);
  const auto magic = header.take(kMagic.size());
  if (magic.size() != kMagic.size() || std::memcmp(magic.data(), kMagic.data(), magic.size())) {
    return corrupt("root: it does not begin with 'SLBUNDLE'; this is no Sightline bundle");
  }
  const auto major = header.read<uint16_t>();
  const auto minor = header.read<uint16_t>();
  if (header.ok() && major != kFormatMajor) {
    return unsupported("root: format version " + std::to_string(major) + "." +
                       std::to_string(minor) + ", this reader knows version " +
                       std::to_string(kFormatMajor) + "; use a newer Sightline");
  }
  const auto section_count = header.read<uint32_t>();
  if (!header.ok() || section_count > kMaxSections || section_count * 12 > header.remaining()) {
    return corrupt("root: " + std::to_string(section_count) + " sections do not fit " +
                   std::to_string(raw.size()) + " bytes");
  }
  Root root;
  uint32_t kinds_seen = 0;
  for (uint32_t i = 0; i < section_count; ++i) {
    SectionEntry entry;
    entry.kind = header.read<uint16_t>();
    entry.flags = header.read<uint16_t>();
    entry.offset = header.read<uint32_t>();
    entry.length = header.read<uint32_t>();
    const std::string name = "root: section " + std::to_string(i);
    if (entry.offset > raw.size() || entry.length > raw.size() - entry.offset) {
      return corrupt(name + " lies outside the root's " + std::to_string(raw.size()) + " bytes");
    }
    if (!is_known(entry.kind)) {
      if (entry.flags & kRequiredFlag) {
        return unsupported(name + " of kind " + std::to_string(entry.kind) +
                           " is required and unknown here; use a newer Sightline");
      }
      continue;
    }
    const uint32_t kind_bit = 1u << entry.kind;
    const bool repeats = (kinds_seen & kind_bit) != 0;
    if (repeats && entry.kind != static_cast<uint16_t>(SectionKind::kIndex)) {
      return corrupt(name + " of kind " + std::to_string(entry.kind) + " stands there twice");
    }
    kinds_seen |= kind_bit;
    ByteReader reader(raw.subspan(entry.offset, entry.length));
    RETURN_IF_ERROR(read_section(static_cast<SectionKind>(entry.kind), reader, root));
    if (!reader.ok()) return corrupt(name + " ends before its content");
  }
  RETURN_IF_ERROR(check_root(root));
  return root;
}

}  // namespace sightline
