// Objects of a bundle that JavaScript reads itself: unpacked, then as values.

#include <emscripten/bind.h>

#include "native/bundle/cells.h"
#include "native/bundle/examples.h"
#include "native/bundle/object.h"
#include "native/bundle/records.h"
#include "wasm/js_values.h"

namespace sightline {
namespace {

val to_object(const ImageRecord& record) {
  val object = val::object();
  set(object, "imageId", record.image_id);
  set(object, "dataset", record.dataset);
  set(object, "sequence", record.sequence);
  set(object, "camera", record.camera);
  set(object, "path", record.path);
  set(object, "mediaUrl", record.media_url);
  set(object, "widthPx", record.width_px);
  set(object, "heightPx", record.height_px);
  set(object, "timestampS", to_value(record.timestamp_s));
  set(object, "latitudeDeg", to_value(record.latitude_deg));
  set(object, "longitudeDeg", to_value(record.longitude_deg));
  val thumbnail = val::null();
  if (record.thumbnail) {
    thumbnail = val::object();
    set(thumbnail, "object", to_object(record.thumbnail->ref));
    set(thumbnail, "offset", record.thumbnail->offset);
    set(thumbnail, "bytes", record.thumbnail->byte_count);
    set(thumbnail, "widthPx", record.thumbnail->width_px);
    set(thumbnail, "heightPx", record.thumbnail->height_px);
  }
  set(object, "thumbnail", thumbnail);
  val detections = val::array();
  for (const auto& detection : record.detections) {
    val entry = val::object();
    set(entry, "classId", detection.class_id);
    set(entry, "confidence", detection.confidence);
    set(entry, "boxXyxyPx", to_array(detection.box_xyxy_px));
    push(detections, entry);
  }
  set(object, "detections", detections);
  return object;
}

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
    push(array, to_object(record));
  }
  return array;
}

// What a cell of a paged index refers to.
val read_cell_pieces(const val& payload) {
  val array = val::array();
  for (const auto& piece : value_or_throw(parse_cell_pieces(to_vector<uint8_t>(payload)))) {
    push(array, to_object(piece.ref));
  }
  return array;
}

val read_examples(const val& payload, uint32_t dim) {
  val array = val::array();
  for (const auto& example : value_or_throw(parse_examples(to_vector<uint8_t>(payload), dim))) {
    val entry = val::object();
    set(entry, "text", example.text);
    set(entry, "embedding", to_typed_array("Float32Array", example.embedding));
    push(array, entry);
  }
  return array;
}

}  // namespace

EMSCRIPTEN_BINDINGS(objects) {
  emscripten::function("unpackObject", &unpack);
  emscripten::function("readRecords", &read_records);
  emscripten::function("readCellPieces", &read_cell_pieces);
  emscripten::function("readExamples", &read_examples);
}

}  // namespace sightline
