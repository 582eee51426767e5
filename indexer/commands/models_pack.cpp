#include "indexer/commands/models_pack.h"

#include <iostream>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/models/model_registry.h"
#include "indexer/packing/pack_text_encoder.h"

namespace sightline {

Result<int> run_models_pack(const ModelsPackOptions& options) {
  ASSIGN_OR_RETURN(const auto found, find_model(options.model, ModelKind::kClip));
  ASSIGN_OR_RETURN(const auto packed, pack_text_encoder(found.folder));
  RETURN_IF_ERROR(make_directories(options.out));
  RETURN_IF_ERROR(write_packed_encoder_folder(packed, options.out));
  uint64_t all_bytes = 0;
  for (const auto& object : packed.objects) all_bytes += object.ref.stored_bytes;
  const JsonValue report{{"id", found.folder.id},
                         {"path", options.out},
                         {"mean_cosine", packed.mean_cosine},
                         {"matrices", packed.matrix_count},
                         {"eight_bit_matrices", packed.eight_bit_count},
                         {"first_bytes", packed.first_bytes()},
                         {"bytes", all_bytes},
                         {"files", packed.objects.size()}};
  if (options.json) {
    std::cout << dump_json(report) << '\n';
    return 0;
  }
  for (const auto& [name, value] : report.members()) {
    std::cout << name << ": " << value.as_string().value_or(dump_json(value)) << '\n';
  }
  return 0;
}

}  // namespace sightline
