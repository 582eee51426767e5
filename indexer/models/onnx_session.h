#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "native/base/result.h"

namespace sightline {

enum class Device : uint8_t { kAuto, kCpu, kCuda };

// "auto", "cpu" or "cuda". Errors: kInvalidArgument.
Result<Device> parse_device(const std::string& name);

struct OnnxOptions {
  Device device = Device::kAuto;  // kAuto: CUDA where its provider loads, else the CPU
  int thread_count = 0;           // within one run; 0 lets ONNX Runtime choose
};

enum class ElementType : uint8_t { kFloat, kFloat16, kInt32, kInt64, kOther };

// An input or output as the model declares it.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::kOther;
  std::vector<int64_t> shape;  // -1 where the size is open
};

// "pixel_values float [?, 3, 224, 224]", for messages.
std::string describe(const TensorInfo& info);

// A value to feed; refers to memory of the caller. Floats also feed float16 inputs, and 64-bit
// integers 32-bit inputs: the session converts.
struct InputTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::variant<std::span<const float>, std::span<const int64_t>> values;
};

struct OutputTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major; float16 outputs are widened
};

// One network in memory, ready to run. Moves, does not copy.
class OnnxSession {
 public:
  // bytes are an ONNX file; title names it in messages. The bytes pass check_onnx first and are
  // not needed afterwards. Every error, also of run, is kModel.
  static Result<OnnxSession> create(std::span<const uint8_t> bytes, const std::string& title,
                                    const OnnxOptions& options);
  ~OnnxSession();
  OnnxSession(OnnxSession&&) noexcept;
  OnnxSession& operator=(OnnxSession&&) noexcept;

  const std::string& title() const;
  const std::vector<TensorInfo>& inputs() const;
  const std::vector<TensorInfo>& outputs() const;
  const TensorInfo* find_input(const std::string& name) const;
  const TensorInfo* find_output(const std::string& name) const;
  bool quantizes_dynamically() const;

  // "cpu" or "cuda", and for Device::kAuto why CUDA was not taken; empty where it was not tried.
  const std::string& device() const;
  const std::string& device_note() const;

  // Thread-safe. Requires one value for every input of the model.
  Result<OutputTensor> run(std::span<const InputTensor> inputs,
                           const std::string& output_name) const;

 private:
  struct State;
  explicit OnnxSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Whether the CUDA provider really loads on this machine, and if not, why.
Result<void> probe_cuda();
std::string onnxruntime_version();

}  // namespace sightline
