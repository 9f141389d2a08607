// A recording's inside, which the recorder fills and the replay reads.
#pragma once

#include "bridge.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <deque>
#include <unordered_map>
#include <vector>

namespace ct {

// The key whose fallback records. It lies below autograd and above the kernels, composite ones among them;
// libtorch reserves it for C++ fake tensors, of which there are none here.
constexpr c10::DispatchKey recording_key = c10::DispatchKey::Fake;

struct RecordedCall {
  c10::OperatorHandle operation;
  std::string name;
  torch::jit::Stack stack;  // the arguments, with nothing in the tensors' places
  std::vector<ct_recorded_argument> arguments;
  std::vector<ct_recorded_value> results;
  bool is_view;
};

// Appends a value's tensors: itself, or its elements, an undefined one for each that is missing. False where
// the value is of another kind.
bool tensors(const c10::IValue &value, std::vector<at::Tensor> &list);

}  // namespace ct

struct ct_recording_s {
  std::deque<ct::RecordedCall> calls;
  std::vector<ct_recorded_storage> storages;
  // One reference to each storage, by what autograd and ct_grad compare.
  std::unordered_map<const c10::StorageImpl *, std::pair<c10::Storage, int64_t>> places;

  // Owns what the calls point to; a deque's elements stay where they are.
  std::deque<std::vector<int64_t>> ints;
  std::deque<std::vector<double>> doubles;
  std::deque<std::vector<ct_recorded_value>> values;
  std::deque<std::string> texts;
};
