#include "indexer/models/onnx_session.h"

#include <algorithm>
#include <string_view>

#include <onnxruntime_cxx_api.h>
#include <onnxruntime_session_options_config_keys.h>

#include "indexer/models/onnx_check.h"

namespace sightline {
namespace {

Ort::Env& environment() {
  static Ort::Env env(ORT_LOGGING_LEVEL_FATAL, "sightline");
  return env;
}

std::string one_line(std::string_view text) {
  constexpr size_t kMaxBytes = 240;
  std::string line(text.substr(0, std::min(text.find('\n'), kMaxBytes)));
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  return line;
}

// Every ONNX Runtime exception ends here.
template <class Function>
auto guarded(const std::string& what, Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& exception) {
    return model_error(what + ": " + one_line(exception.what()));
  }
}

ElementType element_type(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return ElementType::kFloat;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return ElementType::kFloat16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return ElementType::kInt32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return ElementType::kInt64;
    default:
      return ElementType::kOther;
  }
}

const char* type_name(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
      return "float";
    case ElementType::kFloat16:
      return "float16";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kInt64:
      return "int64";
    case ElementType::kOther:
      return "of another type";
  }
  return "";
}

TensorInfo tensor_info(std::string name, const Ort::TypeInfo& type) {
  TensorInfo info{std::move(name), ElementType::kOther, {}};
  if (type.GetONNXType() != ONNX_TYPE_TENSOR) return info;
  const auto tensor = type.GetTensorTypeAndShapeInfo();
  info.type = element_type(tensor.GetElementType());
  info.shape = tensor.GetShape();
  return info;
}

Ort::SessionOptions session_options(const OnnxOptions& options) {
  Ort::SessionOptions session;
  session.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
  session.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
  session.SetExecutionMode(ExecutionMode::ORT_SEQUENTIAL);
  if (options.thread_count > 0) session.SetIntraOpNumThreads(options.thread_count);
  // The runtime would take bytes for its own format by a mark that an ONNX file can carry too.
  session.AddConfigEntry(kOrtSessionOptionsConfigLoadModelFormat, "ONNX");
  return session;
}

void append_cuda(Ort::SessionOptions& session) {
  session.AppendExecutionProvider_CUDA(OrtCUDAProviderOptions{});
}

// Values in the type the model wants, and the memory they live in.
struct FedTensor {
  std::vector<Ort::Float16_t> halves;
  std::vector<int32_t> ints;
  Ort::Value value{nullptr};
};

template <class T>
Ort::Value wrap(std::span<const T> values, const std::vector<int64_t>& shape) {
  static const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  return Ort::Value::CreateTensor<T>(memory, const_cast<T*>(values.data()), values.size(),
                                     shape.data(), shape.size());
}

FedTensor feed(const InputTensor& input, ElementType wanted) {
  FedTensor fed;
  if (const auto* floats = std::get_if<std::span<const float>>(&input.values)) {
    if (wanted == ElementType::kFloat16) {
      for (const float value : *floats) fed.halves.emplace_back(value);
      fed.value = wrap(std::span<const Ort::Float16_t>(fed.halves), input.shape);
    } else {
      fed.value = wrap(*floats, input.shape);
    }
  } else {
    const auto integers = std::get<std::span<const int64_t>>(input.values);
    if (wanted == ElementType::kInt32) {
      for (const int64_t value : integers) fed.ints.push_back(static_cast<int32_t>(value));
      fed.value = wrap(std::span<const int32_t>(fed.ints), input.shape);
    } else {
      fed.value = wrap(integers, input.shape);
    }
  }
  return fed;
}

Result<OutputTensor> read_output(const Ort::Value& value, const std::string& name) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const size_t count = info.GetElementCount();
  OutputTensor output{info.GetShape(), std::vector<float>(count)};
  switch (element_type(info.GetElementType())) {
    case ElementType::kFloat:
      std::copy_n(value.GetTensorData<float>(), count, output.values.begin());
      return output;
    case ElementType::kFloat16:
      std::transform(value.GetTensorData<Ort::Float16_t>(),
                     value.GetTensorData<Ort::Float16_t>() + count, output.values.begin(),
                     [](Ort::Float16_t half) { return half.ToFloat(); });
      return output;
    default:
      return model_error("the output " + name + " holds no floats");
  }
}

}  // namespace

struct OnnxSession::State {
  std::string title;
  std::string device = "cpu";
  std::string device_note;
  bool quantizes_dynamically = false;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  mutable Ort::Session session{nullptr};

  // Only a session tells whether the provider works: without a GPU the library may still load.
  void open(std::span<const uint8_t> bytes, const OnnxOptions& options) {
    if (options.device != Device::kCpu) {
      try {
        auto with_cuda = session_options(options);
        append_cuda(with_cuda);
        session = Ort::Session(environment(), bytes.data(), bytes.size(), with_cuda);
        device = "cuda";
        return;
      } catch (const std::exception& exception) {
        if (options.device == Device::kCuda) throw;
        device_note =
            "CUDA is not available (" + one_line(exception.what()) + "); running on the CPU";
      }
    }
    session = Ort::Session(environment(), bytes.data(), bytes.size(), session_options(options));
  }
};

OnnxSession::OnnxSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnnxSession::~OnnxSession() = default;
OnnxSession::OnnxSession(OnnxSession&&) noexcept = default;
OnnxSession& OnnxSession::operator=(OnnxSession&&) noexcept = default;

Result<OnnxSession> OnnxSession::create(std::span<const uint8_t> bytes, const std::string& title,
                                        const OnnxOptions& options) {
  const auto facts = check_onnx(bytes);
  if (!facts) return model_error(title + ": " + facts.error().message);
  auto state = std::make_unique<State>();
  state->title = title;
  state->quantizes_dynamically = facts->quantizes_dynamically;
  return guarded(title + " does not load", [&]() -> Result<OnnxSession> {
    state->open(bytes, options);
    Ort::AllocatorWithDefaultOptions allocator;
    for (size_t i = 0; i < state->session.GetInputCount(); ++i) {
      state->inputs.push_back(tensor_info(state->session.GetInputNameAllocated(i, allocator).get(),
                                          state->session.GetInputTypeInfo(i)));
    }
    for (size_t i = 0; i < state->session.GetOutputCount(); ++i) {
      state->outputs.push_back(
          tensor_info(state->session.GetOutputNameAllocated(i, allocator).get(),
                      state->session.GetOutputTypeInfo(i)));
    }
    return OnnxSession(std::move(state));
  });
}

const std::string& OnnxSession::title() const { return state_->title; }
const std::vector<TensorInfo>& OnnxSession::inputs() const { return state_->inputs; }
const std::vector<TensorInfo>& OnnxSession::outputs() const { return state_->outputs; }
bool OnnxSession::quantizes_dynamically() const { return state_->quantizes_dynamically; }
const std::string& OnnxSession::device() const { return state_->device; }
const std::string& OnnxSession::device_note() const { return state_->device_note; }

namespace {

const TensorInfo* find_tensor(const std::vector<TensorInfo>& tensors, const std::string& name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const TensorInfo& info) { return info.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

}  // namespace

const TensorInfo* OnnxSession::find_input(const std::string& name) const {
  return find_tensor(state_->inputs, name);
}

const TensorInfo* OnnxSession::find_output(const std::string& name) const {
  return find_tensor(state_->outputs, name);
}

Result<OutputTensor> OnnxSession::run(std::span<const InputTensor> inputs,
                                      const std::string& output_name) const {
  return guarded(state_->title + " does not run", [&]() -> Result<OutputTensor> {
    std::vector<FedTensor> fed;
    std::vector<Ort::Value> values;
    std::vector<const char*> names;
    fed.reserve(inputs.size());
    for (const InputTensor& input : inputs) {
      const TensorInfo* info = find_input(input.name);
      fed.push_back(feed(input, info != nullptr ? info->type : ElementType::kOther));
      values.push_back(std::move(fed.back().value));
      names.push_back(input.name.c_str());
    }
    const char* wanted = output_name.c_str();
    const auto outputs = state_->session.Run(Ort::RunOptions{nullptr}, names.data(), values.data(),
                                             values.size(), &wanted, 1);
    return read_output(outputs.front(), output_name);
  });
}

Result<Device> parse_device(const std::string& name) {
  if (name == "auto") return Device::kAuto;
  if (name == "cpu") return Device::kCpu;
  if (name == "cuda") return Device::kCuda;
  return invalid_argument("the device '" + name + "' is not known; use auto, cpu or cuda");
}

std::string describe(const TensorInfo& info) {
  std::string text = info.name + " " + type_name(info.type) + " [";
  for (size_t i = 0; i < info.shape.size(); ++i) {
    text += (i > 0 ? ", " : "") + (info.shape[i] < 0 ? "?" : std::to_string(info.shape[i]));
  }
  return text + "]";
}

Result<void> probe_cuda() {
  return guarded("CUDA is not available", []() -> Result<void> {
    environment();
    Ort::SessionOptions session;
    append_cuda(session);
    return {};
  });
}

std::string onnxruntime_version() { return Ort::GetVersionString(); }

}  // namespace sightline
