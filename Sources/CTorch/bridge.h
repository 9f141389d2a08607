// What the shim's C++ files share: handles to references, and exceptions to error codes.
#pragma once

#include "ctorch.h"

#include <ATen/ATen.h>

#include <atomic>
#include <exception>
#include <new>
#include <string>
#include <utility>

struct ct_error_s {
  int32_t code;
  std::string message;
};

namespace ct {

extern std::atomic<int64_t> live_tensors;

inline const at::Tensor &ref(ct_tensor handle) { return *reinterpret_cast<const at::Tensor *>(handle); }

inline ct_tensor own(at::Tensor tensor) {
  auto *box = new at::Tensor(std::move(tensor));
  live_tensors.fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<ct_tensor>(box);
}

inline at::Generator &generator(ct_generator handle) { return *reinterpret_cast<at::Generator *>(handle); }

inline std::optional<at::Tensor> optional(ct_tensor handle) {
  return handle ? std::optional<at::Tensor>(ref(handle)) : std::nullopt;
}

inline std::vector<at::Tensor> list(const ct_tensor *handles, int64_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) tensors.push_back(ref(handles[i]));
  return tensors;
}

at::ScalarType scalar_type(int32_t code);
int32_t type_code(at::ScalarType type);
at::Device device(int32_t code);
inline at::TensorOptions options(int32_t dtype, int32_t place) {
  return at::TensorOptions().dtype(scalar_type(dtype)).device(device(place));
}

// How many references to its storages a recording in this thread holds: 0 or 1.
size_t recording_holds(const at::Storage &storage);

int32_t report(ct_error **error, int32_t code, std::string message) noexcept;
int32_t report_torch(ct_error **error, const c10::Error &failure) noexcept;

// Runs `body`; every exception becomes a code and, where asked for, an error.
template <class Body> int32_t guarded(ct_error **error, Body &&body) noexcept {
  try {
    body();
    return CT_OK;
  } catch (const c10::Error &failure) {
    return report_torch(error, failure);
  } catch (const std::bad_alloc &) {
    return report(error, CT_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &failure) {
    return report(error, CT_FAILURE, failure.what());
  } catch (...) {
    return report(error, CT_FAILURE, "an unknown C++ exception");
  }
}

}  // namespace ct
