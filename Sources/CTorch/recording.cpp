#include "recording.h"

#include <ATen/core/ivalue.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <memory>
#include <sstream>

namespace {

using torch::jit::Stack;

thread_local std::unique_ptr<ct_recording_s> current;

const int64_t *keep(ct_recording_s &recording, std::vector<int64_t> list) {
  return recording.ints.emplace_back(std::move(list)).data();
}

bool has_place(const at::Tensor &tensor) {
  return tensor.defined() && tensor.layout() == at::kStrided && tensor.has_storage() &&
         ct::type_code(tensor.scalar_type()) >= 0;
}

// A place in a storage, all but its shape and strides, which somebody has to own.
ct_recorded_value place(const at::Tensor &tensor, int64_t storage) {
  at::Device device = tensor.device();
  return {storage, tensor.storage_offset(), tensor.dim(), nullptr, nullptr,
          ct::type_code(tensor.scalar_type()), device.is_cuda() ? device.index() : CT_CPU,
          tensor.unsafeGetTensorImpl()->is_wrapped_number()};
}

constexpr ct_recorded_value nowhere = {-1, 0, 0, nullptr, nullptr, -1, CT_CPU, false};

ct_recorded_value describe(ct_recording_s &recording, const at::Tensor &tensor, int32_t seen_as) {
  if (!has_place(tensor)) return nowhere;
  const c10::Storage &storage = tensor.storage();
  auto [found, is_new] = recording.places.try_emplace(
      storage.unsafeGetStorageImpl(), storage, static_cast<int64_t>(recording.storages.size()));
  if (is_new)
    recording.storages.push_back(
        {const_cast<void *>(storage.data()), static_cast<int64_t>(storage.nbytes()), seen_as});
  ct_recorded_value value = place(tensor, found->second.second);
  value.shape = keep(recording, tensor.sizes().vec());
  value.strides = keep(recording, tensor.strides().vec());
  return value;
}

void describe(ct_recording_s &recording, const c10::IValue &value, int32_t seen_as,
              std::vector<ct_recorded_value> &places) {
  std::vector<at::Tensor> list;
  if (!ct::tensors(value, list)) list.emplace_back();
  for (const at::Tensor &tensor : list) places.push_back(describe(recording, tensor, seen_as));
}

// What an integer stands for in the schema, such as an element type; empty where it is a number.
std::string meaning(const c10::Argument &argument, int64_t code) {
  c10::TypePtr type = argument.real_type();
  if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  std::ostringstream text;
  switch (type->kind()) {
    case c10::TypeKind::ScalarTypeType: text << static_cast<at::ScalarType>(code); break;
    case c10::TypeKind::LayoutType: text << static_cast<at::Layout>(code); break;
    case c10::TypeKind::MemoryFormatType: text << static_cast<at::MemoryFormat>(code); break;
    default: break;
  }
  return text.str();
}

ct_recorded_argument describe(ct_recording_s &recording, const c10::Argument &argument,
                              const c10::IValue &value) {
  ct_recorded_argument result = {};
  result.is_written = argument.alias_info() && argument.alias_info()->isWrite();
  auto ints = [&](int32_t kind, std::vector<int64_t> list) {
    result.kind = kind;
    result.count = static_cast<int64_t>(list.size());
    result.ints = keep(recording, std::move(list));
  };
  auto doubles = [&](int32_t kind, std::vector<double> list) {
    result.kind = kind;
    result.count = static_cast<int64_t>(list.size());
    result.doubles = recording.doubles.emplace_back(std::move(list)).data();
  };
  auto other = [&](std::string text) {
    result.kind = CT_ARGUMENT_OTHER;
    result.text = recording.texts.emplace_back(std::move(text)).c_str();
  };

  std::vector<at::Tensor> list;
  if (value.isNone()) {
    result.kind = CT_ARGUMENT_NONE;
  } else if (ct::tensors(value, list)) {
    bool single = value.isTensor();
    std::vector<ct_recorded_value> places;
    describe(recording, value, result.is_written ? CT_SEEN_AS_WRITTEN : CT_SEEN_AS_INPUT, places);
    if (single && places[0].storage < 0) {
      if (list[0].defined()) other(list[0].toString());
      else result.kind = CT_ARGUMENT_NONE;
    } else {
      result.kind = single ? CT_ARGUMENT_TENSOR : CT_ARGUMENT_TENSORS;
      result.count = static_cast<int64_t>(places.size());
      result.values = recording.values.emplace_back(std::move(places)).data();
    }
  } else if (value.isInt()) {
    std::string text = meaning(argument, value.toInt());
    if (text.empty()) ints(CT_ARGUMENT_INT, {value.toInt()});
    else other(std::move(text));
  } else if (value.isBool()) {
    ints(CT_ARGUMENT_BOOL, {value.toBool()});
  } else if (value.isDouble()) {
    doubles(CT_ARGUMENT_DOUBLE, {value.toDouble()});
  } else if (value.isIntList()) {
    ints(CT_ARGUMENT_INTS, value.toIntVector());
  } else if (value.isDoubleList()) {
    doubles(CT_ARGUMENT_DOUBLES, value.toDoubleVector());
  } else if (value.isGenerator()) {
    other("generator");
  } else {
    std::ostringstream text;
    text << value;
    other(text.str());
  }
  return result;
}

// Memory of which nothing is computed: it is first seen when something is written there.
bool only_allocates(const std::string &name) {
  return name.starts_with("aten::empty") || name.starts_with("aten::new_empty");
}

void append(ct_recording_s &recording, const c10::OperatorHandle &operation, Stack arguments,
            const c10::IValue *results, size_t result_count) {
  const c10::FunctionSchema &schema = operation.schema();
  ct::RecordedCall call{operation, toString(operation.operator_name()), {}, {}, {}, false};
  // Inputs before what is written: a storage that is both was there before the call.
  call.arguments.resize(arguments.size());
  for (bool written : {false, true}) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      const c10::Argument &argument = schema.arguments()[i];
      bool writes = argument.alias_info() && argument.alias_info()->isWrite();
      if (writes == written) call.arguments[i] = describe(recording, argument, arguments[i]);
    }
  }
  int64_t known = static_cast<int64_t>(recording.storages.size());
  for (size_t i = 0; i < result_count; ++i) describe(recording, results[i], CT_SEEN_AS_RESULT, call.results);

  auto touches = [&](int64_t storage) {
    for (const ct_recorded_argument &argument : call.arguments)
      for (int64_t i = 0; argument.values && i < argument.count; ++i)
        if (argument.values[i].storage == storage) return true;
    return false;
  };
  int64_t defined = 0;
  bool all_known = true;
  for (const ct_recorded_value &value : call.results) {
    if (value.storage < 0) continue;
    ++defined;
    all_known = all_known && value.storage < known && touches(value.storage);
  }
  bool writes = false;
  for (const ct_recorded_argument &argument : call.arguments) writes = writes || argument.is_written;
  call.is_view = defined > 0 && all_known && !writes;

  // A tensor here would be one more reference to its storage, which autograd counts.
  std::vector<at::Tensor> list;
  for (c10::IValue &value : arguments)
    if (ct::tensors(value, list)) value = c10::IValue();
  call.stack = std::move(arguments);
  recording.calls.push_back(std::move(call));
}

void record(const c10::OperatorHandle &operation, c10::DispatchKeySet keys, Stack *stack) {
  c10::impl::ExcludeDispatchKeyGuard outermost(ct::recording_key);
  c10::DispatchKeySet below = keys & c10::DispatchKeySet(c10::DispatchKeySet::FULL_AFTER, ct::recording_key);
  // A backward pass on a GPU runs in a thread of its own, which inherits the key and has no recording.
  if (!current || only_allocates(operation.schema().name())) return operation.redispatchBoxed(below, stack);

  size_t count = operation.schema().arguments().size();
  Stack arguments(stack->end() - static_cast<std::ptrdiff_t>(count), stack->end());
  operation.redispatchBoxed(below, stack);
  size_t results = operation.schema().returns().size();
  append(*current, operation, std::move(arguments), stack->data() + (stack->size() - results), results);
}

// Registered when first asked for: it touches the table of every operator.
void install() {
  static torch::Library *library = [] {
    auto *fallback = new torch::Library(torch::Library::IMPL, "_", ct::recording_key, __FILE__, __LINE__);
    fallback->fallback(torch::CppFunction::makeFromBoxedFunction<&record>());
    return fallback;
  }();
  (void)library;
}

void set_recording(bool on) { c10::impl::tls_set_dispatch_key_included(ct::recording_key, on); }

}  // namespace

bool ct::tensors(const c10::IValue &value, std::vector<at::Tensor> &list) {
  if (value.isTensor()) {
    list.push_back(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor &tensor : value.toTensorList()) list.push_back(tensor);
  } else if (value.isOptionalTensorList()) {
    for (const std::optional<at::Tensor> tensor : value.toOptionalTensorList())
      list.push_back(tensor.value_or(at::Tensor()));
  } else {
    return false;
  }
  return true;
}

size_t ct::recording_holds(const at::Storage &storage) {
  return current ? current->places.count(storage.unsafeGetStorageImpl()) : 0;
}

int32_t ct_recording_begin(ct_error **error) {
  return ct::guarded(error, [&] {
    TORCH_CHECK(!current, "this thread's calls are being recorded already");
    install();
    current = std::make_unique<ct_recording_s>();
    set_recording(true);
  });
}

ct_recording ct_recording_end(void) {
  set_recording(false);
  return current.release();
}

int64_t ct_recording_count(void) { return current ? static_cast<int64_t>(current->calls.size()) : 0; }
void ct_recording_free(ct_recording recording) { delete recording; }

int64_t ct_recording_call_count(ct_recording recording) {
  return static_cast<int64_t>(recording->calls.size());
}
int64_t ct_recording_storage_count(ct_recording recording) {
  return static_cast<int64_t>(recording->storages.size());
}

ct_recorded_call ct_recording_call(ct_recording recording, int64_t index) {
  const ct::RecordedCall &call = recording->calls[static_cast<size_t>(index)];
  return {call.name.c_str(),       static_cast<int64_t>(call.arguments.size()),
          static_cast<int64_t>(call.results.size()), call.arguments.data(),
          call.results.data(),     call.is_view};
}

ct_recorded_storage ct_recording_storage(ct_recording recording, int64_t index) {
  return recording->storages[static_cast<size_t>(index)];
}

void ct_recording_release_results(ct_recording recording) {
  std::erase_if(recording->places, [recording](const auto &place) {
    ct_recorded_storage &storage = recording->storages[static_cast<size_t>(place.second.second)];
    if (storage.seen_as != CT_SEEN_AS_RESULT) return false;
    storage.data = nullptr;
    return true;
  });
}

ct_recorded_value ct_recording_value(ct_recording recording, ct_tensor handle) {
  const at::Tensor &tensor = ct::ref(handle);
  if (!has_place(tensor)) return nowhere;
  auto found = recording->places.find(tensor.storage().unsafeGetStorageImpl());
  if (found == recording->places.end()) return nowhere;
  ct_recorded_value value = place(tensor, found->second.second);
  value.shape = tensor.sizes().data();
  value.strides = tensor.strides().data();
  return value;
}
