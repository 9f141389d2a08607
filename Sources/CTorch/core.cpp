#include "bridge.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/grad_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>
#include <malloc.h>

namespace ct {

std::atomic<int64_t> live_tensors{0};

at::ScalarType scalar_type(int32_t code) {
  switch (code) {
    case CT_FLOAT32: return at::kFloat;
    case CT_FLOAT64: return at::kDouble;
    case CT_BFLOAT16: return at::kBFloat16;
    case CT_FLOAT16: return at::kHalf;
    case CT_INT64: return at::kLong;
    case CT_INT32: return at::kInt;
    case CT_UINT8: return at::kByte;
    case CT_BOOL: return at::kBool;
    default: TORCH_CHECK(false, "unknown element type ", code);
  }
}

int32_t type_code(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return CT_FLOAT32;
    case at::kDouble: return CT_FLOAT64;
    case at::kBFloat16: return CT_BFLOAT16;
    case at::kHalf: return CT_FLOAT16;
    case at::kLong: return CT_INT64;
    case at::kInt: return CT_INT32;
    case at::kByte: return CT_UINT8;
    case at::kBool: return CT_BOOL;
    default: return -1;
  }
}

at::Device device(int32_t code) {
  return code < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(code));
}

int32_t report(ct_error **error, int32_t code, std::string message) noexcept {
  if (error) {
    *error = new (std::nothrow) ct_error_s{code, {}};
    if (*error) (*error)->message = std::move(message);
  }
  return code;
}

int32_t report_torch(ct_error **error, const c10::Error &failure) noexcept {
  try {
    std::string message = failure.what_without_backtrace();
    // The CPU allocator has no exception type of its own, nor has a size that 64 bits cannot hold.
    bool memory = dynamic_cast<const c10::OutOfMemoryError *>(&failure) != nullptr ||
                  message.find("can't allocate memory") != std::string::npos ||
                  message.find("Storage size calculation overflowed") != std::string::npos;
    return report(error, memory ? CT_OUT_OF_MEMORY : CT_FAILURE, std::move(message));
  } catch (...) {
    return report(error, CT_FAILURE, "");
  }
}

}  // namespace ct

int32_t ct_error_code(const ct_error *error) { return error->code; }
const char *ct_error_message(const ct_error *error) { return error->message.c_str(); }
void ct_error_free(ct_error *error) { delete error; }

void ct_tune_allocator(void) {
#ifdef __GLIBC__
  // By default glibc returns each activation to the kernel and faults it in again at the next step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

// The floating-point mode is each thread's own; threads started later inherit it, so set it first.
bool ct_set_flush_denormal(bool on) { return at::globalContext().setFlushDenormal(on); }
void ct_set_num_threads(int32_t threads) { at::set_num_threads(threads); }
int32_t ct_num_threads(void) { return at::get_num_threads(); }

bool ct_set_grad_enabled(bool on) {
  bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(on);
  return before;
}

const char *ct_version(void) { return TORCH_VERSION; }

const char *ct_cpu_capability(void) {
  static const std::string capability = at::get_cpu_capability();
  return capability.c_str();
}

int32_t ct_cuda_device_count(void) {
  try {
    return at::hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
  } catch (...) {
    return 0;
  }
}

void ct_set_tf32(bool on) {
  at::globalContext().setAllowTF32CuBLAS(on);
  at::globalContext().setAllowTF32CuDNN(on);
}

int64_t ct_live_tensor_count(void) { return ct::live_tensors.load(); }

void ct_tensor_free(ct_tensor tensor) {
  ct::live_tensors.fetch_sub(1, std::memory_order_relaxed);
  delete reinterpret_cast<at::Tensor *>(tensor);
}

int64_t ct_dim(ct_tensor tensor) { return ct::ref(tensor).dim(); }
int64_t ct_size(ct_tensor tensor, int64_t dimension) { return ct::ref(tensor).sizes()[dimension]; }
int64_t ct_numel(ct_tensor tensor) { return ct::ref(tensor).numel(); }
int32_t ct_dtype(ct_tensor tensor) { return ct::type_code(ct::ref(tensor).scalar_type()); }
int32_t ct_device(ct_tensor tensor) {
  at::Device place = ct::ref(tensor).device();
  return place.is_cuda() ? place.index() : CT_CPU;
}
bool ct_requires_grad(ct_tensor tensor) { return ct::ref(tensor).requires_grad(); }
bool ct_is_contiguous(ct_tensor tensor) { return ct::ref(tensor).is_contiguous(); }

int32_t ct_from_data(ct_tensor *out, const void *data, const int64_t *shape, int64_t rank, int32_t dtype,
                     ct_error **error) {
  return ct::guarded(error, [&] {
    at::Tensor tensor = at::empty(at::IntArrayRef(shape, rank), ct::options(dtype, CT_CPU));
    if (tensor.nbytes() > 0) std::memcpy(tensor.mutable_data_ptr(), data, tensor.nbytes());
    *out = ct::own(std::move(tensor));
  });
}

int32_t ct_from_memory(ct_tensor *out, float *memory, const int64_t *shape, int64_t rank, ct_error **error) {
  return ct::guarded(error, [&] {
    *out = ct::own(at::from_blob(memory, at::IntArrayRef(shape, rank), ct::options(CT_FLOAT32, CT_CPU)));
  });
}

void *ct_data(ct_tensor tensor) { return ct::ref(tensor).data_ptr(); }
int64_t ct_changes(ct_tensor tensor) { return ct::ref(tensor)._version(); }
void ct_mark_changed(ct_tensor tensor) { ct::ref(tensor).unsafeGetTensorImpl()->bump_version(); }

int32_t ct_copy_data(ct_tensor tensor, void *data, int64_t bytes, ct_error **error) {
  return ct::guarded(error, [&] {
    at::Tensor source = ct::ref(tensor).detach().cpu().contiguous();
    TORCH_CHECK(static_cast<int64_t>(source.nbytes()) == bytes, "the tensor holds ", source.nbytes(),
                " bytes, not ", bytes);
    if (bytes > 0) std::memcpy(data, source.const_data_ptr(), static_cast<size_t>(bytes));
  });
}

int32_t ct_item(double *out, ct_tensor tensor, ct_error **error) {
  return ct::guarded(error, [&] { *out = ct::ref(tensor).item().toDouble(); });
}

int32_t ct_generator_new(ct_generator *out, uint64_t seed, int32_t device, ct_error **error) {
  return ct::guarded(error, [&] {
    at::Generator generator = device < 0 ? at::detail::createCPUGenerator(seed)
                                         : at::globalContext().defaultGenerator(ct::device(device)).clone();
    generator.set_current_seed(seed);
    *out = reinterpret_cast<ct_generator>(new at::Generator(std::move(generator)));
  });
}

void ct_generator_free(ct_generator generator) { delete reinterpret_cast<at::Generator *>(generator); }

int32_t ct_generator_state(ct_tensor *out, ct_generator generator, ct_error **error) {
  return ct::guarded(error, [&] { *out = ct::own(ct::generator(generator).get_state()); });
}

int32_t ct_generator_set_state(ct_generator generator, ct_tensor state, ct_error **error) {
  return ct::guarded(error, [&] { ct::generator(generator).set_state(ct::ref(state)); });
}

namespace {

// autograd may give two inputs one tensor, or one element for all places; what is scaled in place must not share.
at::Tensor unshared(at::Tensor gradient) {
  size_t holders = gradient.storage().use_count() - ct::recording_holds(gradient.storage());
  bool alone = holders == 1 && gradient.is_non_overlapping_and_dense();
  return alone ? gradient : gradient.clone();
}

}  // namespace

int32_t ct_grad(ct_tensor *gradients, const ct_tensor *outputs, int64_t output_count, const ct_tensor *inputs,
                int64_t input_count, bool keep_graph, bool create_graph, ct_error **error) {
  return ct::guarded(error, [&] {
    auto result = torch::autograd::grad(ct::list(outputs, output_count), ct::list(inputs, input_count), {},
                                        keep_graph, create_graph, /*allow_unused=*/true);
    for (int64_t i = 0; i < input_count; ++i) {
      if (!result[i].defined()) gradients[i] = nullptr;
      else gradients[i] = ct::own(create_graph ? std::move(result[i]) : unshared(std::move(result[i])));
    }
  });
}

namespace {

// The fused kernels read a gradient with its parameter's layout.
std::vector<at::Tensor> laid_out(const ct_tensor *gradients, const std::vector<at::Tensor> &parameters) {
  std::vector<at::Tensor> result = ct::list(gradients, static_cast<int64_t>(parameters.size()));
  for (size_t i = 0; i < result.size(); ++i)
    if (result[i].strides() != parameters[i].strides())
      result[i] = at::empty_like(parameters[i]).copy_(result[i]);
  return result;
}

}  // namespace

int32_t ct_adam_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *first_moments,
                     const ct_tensor *second_moments, const ct_tensor *updates, ct_tensor all_updates,
                     int64_t count, double rate, ct_tensor rate_there, double beta1, double beta2,
                     double epsilon, double weight_decay, ct_error **error) {
  return ct::guarded(error, [&] {
    if (count == 0) return;
    at::NoGradGuard guard;
    auto moved = ct::list(parameters, count);
    auto counts = ct::list(updates, count);
    // `updates` are views of `all_updates`: where all are meant, one addition does.
    if (count == ct::ref(all_updates).numel()) ct::ref(all_updates).add_(1);
    else at::_foreach_add_(counts, 1);
    auto slopes = laid_out(gradients, moved);
    auto first = ct::list(first_moments, count), second = ct::list(second_moments, count);
    auto update = [&](const auto &by) {
      at::_fused_adam_(moved, slopes, first, second, {}, counts, by, beta1, beta2, weight_decay, epsilon,
                       /*amsgrad=*/false, /*maximize=*/false);
    };
    if (rate_there) update(ct::ref(rate_there));
    else update(rate);
  });
}

int32_t ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta,
                    int64_t count, double rate, ct_tensor rate_there, double momentum, double weight_decay,
                    bool first, ct_error **error) {
  return ct::guarded(error, [&] {
    if (count == 0) return;
    at::NoGradGuard guard;
    auto moved = ct::list(parameters, count);
    auto slopes = laid_out(gradients, moved);
    auto velocities = momenta ? ct::list(momenta, count) : std::vector<at::Tensor>{};
    auto update = [&](const auto &by) {
      at::_fused_sgd_(moved, slopes, velocities, weight_decay, momentum, by, /*dampening=*/0, /*nesterov=*/false,
                      /*maximize=*/false, first);
    };
    if (rate_there) update(ct::ref(rate_there));
    else update(rate);
  });
}

int32_t ct_total_norm(ct_tensor *out, const ct_tensor *gradients, int64_t count, ct_error **error) {
  return ct::guarded(error, [&] {
    at::NoGradGuard guard;
    *out = ct::own(at::stack(at::_foreach_norm(ct::list(gradients, count), 2)).norm(2));
  });
}

int32_t ct_scale_all(const ct_tensor *tensors, int64_t count, ct_tensor factor, ct_error **error) {
  return ct::guarded(error, [&] {
    at::NoGradGuard guard;
    at::_foreach_mul_(ct::list(tensors, count), ct::ref(factor));
  });
}
