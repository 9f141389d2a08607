#include "bridge.h"
#include "ctorch_distributed.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

// A CUDA build of libtorch brings NCCL; its header comes with CUDA's own.
#ifdef ELBO_NCCL
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <c10/util/Flags.h>

#include <cstring>

C10_DECLARE_int(caffe2_log_level);

struct ct_group_s {
  c10::intrusive_ptr<c10d::Store> notes;
  c10::intrusive_ptr<c10d::Backend> backend;
  int64_t size;
};

namespace {

using Work = c10::intrusive_ptr<c10d::Work>;

c10::intrusive_ptr<c10d::Store> store(const char *host, int32_t port, bool serves, const char *prefix,
                                      std::chrono::milliseconds patience) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(port);
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = patience;
  return c10::make_intrusive<c10d::PrefixStore>(prefix, c10::make_intrusive<c10d::TCPStore>(host, options));
}

c10::intrusive_ptr<c10d::Backend> backend(const c10::intrusive_ptr<c10d::Store> &store, int32_t rank, int32_t size,
                                          int32_t place, std::chrono::milliseconds patience) {
  if (place < 0) {
    auto options = c10d::ProcessGroupGloo::Options::create_default(patience);
    return c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
  }
#ifdef ELBO_NCCL
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size);
#else
  TORCH_CHECK(false, "this build of libtorch has no NCCL");
#endif
}

// Tensors that go round together, one after the other in one piece of memory.
class Bucket {
 public:
  explicit Bucket(std::vector<at::Tensor> like) : like_(std::move(like)), waiting_(like_.size()) {
    int64_t count = 0;
    for (const at::Tensor &tensor : like_) count += tensor.numel();
    flat_ = at::zeros({count}, like_[0].options().requires_grad(false));
    int64_t start = 0;
    for (const at::Tensor &tensor : like_) {
      slices_.push_back(flat_.narrow(0, start, tensor.numel()).view(tensor.sizes()));
      start += tensor.numel();
    }
  }

  void put(size_t index, const at::Tensor &value) {
    slices_[index].copy_(value);
    --waiting_;
  }

  bool full() const { return waiting_ == 0; }
  bool started() const { return work_ != nullptr; }

  void start(ct_group_s &group) {
    flat_.div_(group.size);
    std::vector<at::Tensor> tensors{flat_};
    work_ = group.backend->allreduce(tensors);
  }

  void finish() { work_->wait(); }
  const at::Tensor &slice(size_t index) const { return slices_[index]; }

 private:
  std::vector<at::Tensor> like_, slices_;
  at::Tensor flat_;
  Work work_;
  size_t waiting_;
};

// Where each tensor goes: the last ones first, since the backward pass comes to them first.
class Buckets {
 public:
  Buckets(const std::vector<at::Tensor> &tensors, int64_t bucket_bytes) : places_(tensors.size()) {
    std::vector<at::Tensor> members;
    int64_t bytes = 0;
    auto close = [&] {
      if (!members.empty()) all_.emplace_back(std::move(members));
      members.clear();
      bytes = 0;
    };
    for (size_t i = tensors.size(); i-- > 0;) {
      bool fits = members.empty() || members[0].scalar_type() == tensors[i].scalar_type();
      if (!fits || (bytes > 0 && bytes + static_cast<int64_t>(tensors[i].nbytes()) > bucket_bytes)) close();
      places_[i] = {all_.size(), members.size()};
      members.push_back(tensors[i]);
      bytes += static_cast<int64_t>(tensors[i].nbytes());
    }
    close();
  }

  // Starts what is full, in the one order that all processes share.
  void put(ct_group_s &group, size_t index, const at::Tensor &value) {
    all_[places_[index].first].put(places_[index].second, value);
    while (next_ < all_.size() && all_[next_].full()) all_[next_++].start(group);
  }

  // Starts what never became full: what has no gradient counts as zeros.
  void finish(ct_group_s &group) {
    while (next_ < all_.size()) all_[next_++].start(group);
    for (Bucket &bucket : all_) bucket.finish();
  }

  const at::Tensor &slice(size_t index) const { return all_[places_[index].first].slice(places_[index].second); }

 private:
  std::vector<Bucket> all_;
  std::vector<std::pair<size_t, size_t>> places_;
  size_t next_ = 0;
};

// Hooks on tensors, for as long as this lives.
class Hooks {
 public:
  ~Hooks() {
    for (auto &[tensor, handle] : all_) tensor.remove_hook(handle);
  }
  template <class Body> void add(const at::Tensor &tensor, Body &&body) {
    all_.emplace_back(tensor, tensor.register_hook(std::forward<Body>(body)));
  }

 private:
  std::vector<std::pair<at::Tensor, unsigned>> all_;
};

}  // namespace

int32_t ct_group_new(ct_group *out, const char *host, int32_t port, bool serves, const char *prefix, int32_t rank,
                     int32_t size, int32_t place, double seconds, ct_error **error) {
  return ct::guarded(error, [&] {
    // Warnings about names of machines are no concern of those who train.
    FLAGS_caffe2_log_level = 2;
    auto patience = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    auto meeting = store(host, port, serves, prefix, patience);
    auto group = std::make_unique<ct_group_s>();
    group->backend = backend(meeting, rank, size, place, patience);
    // A connection of its own, which nothing that waits holds up.
    group->notes = store(host, port, false, prefix, patience);
    group->size = size;
    *out = group.release();
  });
}

void ct_group_free(ct_group group) { delete group; }

int32_t ct_group_write(ct_group group, const char *key, const char *text, ct_error **error) {
  return ct::guarded(error, [&] { group->notes->set(key, std::vector<uint8_t>(text, text + std::strlen(text))); });
}

int32_t ct_group_read(bool *found, char *text, int64_t capacity, ct_group group, const char *key, ct_error **error) {
  return ct::guarded(error, [&] {
    *found = group->notes->check({key});
    if (!*found) return;
    auto bytes = group->notes->get(key);
    auto length = std::min(static_cast<int64_t>(bytes.size()), capacity - 1);
    std::memcpy(text, bytes.data(), static_cast<size_t>(length));
    text[length] = 0;
  });
}

int32_t ct_group_average(ct_group group, const ct_tensor *tensors, int64_t count, int64_t bucket_bytes,
                         ct_error **error) {
  return ct::guarded(error, [&] {
    at::NoGradGuard guard;
    auto list = ct::list(tensors, count);
    Buckets buckets(list, bucket_bytes);
    for (size_t i = list.size(); i-- > 0;) buckets.put(*group, i, list[i]);
    buckets.finish(*group);
    for (size_t i = 0; i < list.size(); ++i) list[i].copy_(buckets.slice(i));
  });
}

int32_t ct_group_gather(ct_group group, ct_tensor whole, ct_tensor part, ct_error **error) {
  return ct::guarded(error, [&] {
    at::NoGradGuard guard;
    std::vector<at::Tensor> parts{ct::ref(part).contiguous()};
    std::vector<std::vector<at::Tensor>> wholes{ct::ref(whole).chunk(group->size)};
    group->backend->allgather(wholes, parts)->wait();
  });
}

int32_t ct_group_grad(ct_group group, ct_tensor *gradients, ct_tensor output, const ct_tensor *inputs,
                      int64_t input_count, bool keep_graph, ct_tensor extra, int64_t bucket_bytes, ct_error **error) {
  return ct::guarded(error, [&] {
    auto list = ct::list(inputs, input_count);
    auto all = list;
    // The first tensor goes last.
    all.insert(all.begin(), ct::ref(extra));
    Buckets buckets(all, bucket_bytes);
    std::vector<at::Tensor> found;
    {
      Hooks hooks;
      for (size_t i = 0; i < list.size(); ++i)
        hooks.add(list[i], [&buckets, group, i](const at::Tensor &gradient) {
          at::NoGradGuard guard;
          buckets.put(*group, i + 1, gradient);
        });
      found = torch::autograd::grad({ct::ref(output)}, list, {}, keep_graph, false, /*allow_unused=*/true);
    }
    at::NoGradGuard guard;
    buckets.put(*group, 0, ct::ref(extra));
    buckets.finish(*group);
    ct::ref(extra).copy_(buckets.slice(0));
    for (int64_t i = 0; i < input_count; ++i) {
      auto index = static_cast<size_t>(i);
      gradients[i] = found[index].defined() ? ct::own(buckets.slice(index + 1)) : nullptr;
    }
  });
}
