#include "recording.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <cstring>
#include <memory>

struct ct_operation_s {
  c10::OperatorHandle operation;
  torch::jit::Stack arguments;
  torch::jit::Stack stack;         // what a run works on; kept for its memory
  std::vector<at::Tensor> places;  // of the results, lists flattened; undefined where one is not kept
  bool writes_places;              // whether the operation writes them itself and nothing is to be stored
};

namespace {

at::Tensor at_place(const ct_recorded_value &value, void *storage) {
  at::Tensor tensor = at::for_blob(storage, at::IntArrayRef(value.shape, value.rank))
                          .strides(at::IntArrayRef(value.strides, value.rank))
                          .storage_offset(value.offset)
                          .options(ct::options(value.dtype, value.device))
                          .target_device(ct::device(value.device))
                          .make_tensor();
  if (value.is_number) tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

// Hands out addresses, one for each value that is somewhere.
struct Addresses {
  void *const *next;
  void *const *end;

  void *take() {
    TORCH_CHECK(next != end, "fewer addresses than tensors");
    return *next++;
  }
  at::Tensor tensor(const ct_recorded_value &value) {
    return value.storage < 0 ? at::Tensor() : at_place(value, take());
  }
};

c10::IValue argument(const ct_recorded_argument &recorded, const c10::Argument &schema,
                     const c10::IValue &kept, Addresses &addresses) {
  if (recorded.kind == CT_ARGUMENT_TENSOR) return addresses.tensor(recorded.values[0]);
  if (recorded.kind != CT_ARGUMENT_TENSORS) return kept;
  auto elements = schema.type()->expect<c10::ListType>()->getElementType();
  if (elements->kind() == c10::TypeKind::OptionalType) {
    c10::List<std::optional<at::Tensor>> list;
    for (int64_t i = 0; i < recorded.count; ++i) {
      at::Tensor tensor = addresses.tensor(recorded.values[i]);
      list.push_back(tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt);
    }
    return list;
  }
  c10::List<at::Tensor> list;
  for (int64_t i = 0; i < recorded.count; ++i) list.push_back(addresses.tensor(recorded.values[i]));
  return list;
}

// The overload that takes everything this one does and then, for each result, where to write it.
std::optional<c10::OperatorHandle> writing_overload(const c10::OperatorHandle &operation) {
  static const auto overloads = [] {
    std::unordered_multimap<std::string, c10::OperatorName> names;
    for (const c10::OperatorName &name : c10::Dispatcher::singleton().getAllOpNames())
      names.emplace(name.name, name);
    return names;
  }();
  const c10::FunctionSchema &schema = operation.schema();
  const auto &taken = schema.arguments();
  size_t results = schema.returns().size();
  auto fits = [&](const c10::FunctionSchema &other) {
    const auto &arguments = other.arguments();
    if (arguments.size() != taken.size() + results || other.returns().size() != results) return false;
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (i < taken.size()) {
        if (arguments[i].name() != taken[i].name() || *arguments[i].type() != *taken[i].type()) return false;
      } else if (!arguments[i].is_out()) {
        return false;
      }
    }
    return true;
  };
  auto [first, last] = overloads.equal_range(schema.name());
  for (auto candidate = first; candidate != last; ++candidate) {
    auto found = c10::Dispatcher::singleton().findSchema(candidate->second);
    if (found && fits(found->schema())) return found;
  }
  return std::nullopt;
}

bool overlap(const at::Tensor &a, const at::Tensor &b) {
  if (!a.defined() || !b.defined()) return false;
  auto bytes = [](const at::Tensor &tensor) {
    auto start = reinterpret_cast<uintptr_t>(tensor.const_data_ptr());
    return std::pair(start, start + at::detail::computeStorageNbytes(tensor.sizes(), tensor.strides(),
                                                                     tensor.element_size()));
  };
  auto [a_start, a_end] = bytes(a);
  auto [b_start, b_end] = bytes(b);
  return a_start < b_end && b_start < a_end;
}

// Lets the operation write the results' places itself where it can: every result is kept, and none shares
// memory with an argument.
void write_places(ct_operation_s &made) {
  if (made.places.empty() || made.places.size() != made.operation.schema().returns().size()) return;
  std::vector<at::Tensor> read;
  for (const c10::IValue &value : made.arguments) ct::tensors(value, read);
  for (const at::Tensor &place : made.places) {
    if (!place.defined()) return;
    for (const at::Tensor &tensor : read)
      if (overlap(place, tensor)) return;
  }
  auto overload = writing_overload(made.operation);
  if (!overload) return;
  made.operation = *overload;
  made.arguments.insert(made.arguments.end(), made.places.begin(), made.places.end());
  made.writes_places = true;
}

void store(const at::Tensor &result, const at::Tensor &place) {
  if (result.strides() == place.strides() && result.is_non_overlapping_and_dense() && result.is_cpu())
    std::memcpy(place.mutable_data_ptr(), result.const_data_ptr(), result.nbytes());
  else
    place.copy_(result);
}

// The generator among an operation's arguments.
at::CPUGeneratorImpl &drawn_from(const ct_operation_s &operation) {
  for (const c10::IValue &value : operation.arguments)
    if (value.isGenerator()) return *at::check_generator<at::CPUGeneratorImpl>(value.toGenerator());
  TORCH_CHECK(false, "the operation draws from no generator");
}

}  // namespace

int32_t ct_operation_new(ct_operation *out, ct_recording recording, int64_t index, void *const *arguments,
                         int64_t argument_count, void *const *results, int64_t result_count,
                         ct_error **error) {
  return ct::guarded(error, [&] {
    const ct::RecordedCall &call = recording->calls.at(static_cast<size_t>(index));
    auto made = std::make_unique<ct_operation_s>(ct_operation_s{call.operation, {}, {}, {}, false});
    Addresses given{arguments, arguments + argument_count};
    for (size_t i = 0; i < call.arguments.size(); ++i)
      made->arguments.push_back(
          argument(call.arguments[i], call.operation.schema().arguments()[i], call.stack[i], given));
    TORCH_CHECK(given.next == given.end, "more addresses than tensors");

    Addresses kept{results, results + result_count};
    for (const ct_recorded_value &value : call.results) {
      void *address = value.storage < 0 ? nullptr : kept.take();
      made->places.push_back(address ? at_place(value, address) : at::Tensor());
    }
    TORCH_CHECK(kept.next == kept.end, "more addresses than results");
    write_places(*made);
    *out = made.release();
  });
}

int32_t ct_operation_run(ct_operation operation, ct_error **error) {
  return ct::guarded(error, [&] {
    c10::impl::ExcludeDispatchKeyGuard below_autograd(
        c10::autograd_dispatch_keyset_with_ADInplaceOrView.add(ct::recording_key));
    torch::jit::Stack &stack = operation->stack;
    stack.assign(operation->arguments.begin(), operation->arguments.end());
    operation->operation.callBoxed(stack);
    if (operation->writes_places) return stack.clear();
    auto place = operation->places.begin();
    for (const c10::IValue &value : stack) {
      if (value.isTensorList()) {
        for (const at::Tensor &tensor : value.toTensorList())
          if (const at::Tensor &kept = *place++; kept.defined()) store(tensor, kept);
      } else if (const at::Tensor &kept = *place++; kept.defined()) {
        store(value.toTensor(), kept);
      }
    }
    stack.clear();
  });
}

int32_t ct_operation_stream(ct_operation operation, uint32_t *words, int32_t *left, uint32_t *next, ct_error **error) {
  return ct::guarded(error, [&] {
    at::mt19937_data_pod data = drawn_from(*operation).engine().data();
    std::memcpy(words, data.state_.data(), sizeof data.state_);
    *left = data.left_;
    *next = data.next_;
  });
}

int32_t ct_operation_set_stream(ct_operation operation, const uint32_t *words, int32_t left, uint32_t next,
                                ct_error **error) {
  return ct::guarded(error, [&] {
    at::CPUGeneratorImpl &generator = drawn_from(*operation);
    at::mt19937 engine = generator.engine();
    at::mt19937_data_pod data = engine.data();
    std::memcpy(data.state_.data(), words, sizeof data.state_);
    data.left_ = left;
    data.next_ = next;
    engine.set_data(data);
    generator.set_engine(engine);
  });
}

void ct_operation_free(ct_operation operation) { delete operation; }
