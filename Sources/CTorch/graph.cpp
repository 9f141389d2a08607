#include "bridge.h"

#include <ATen/Context.h>
#include <ATen/core/GraphImplInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

// A graph of what a device is asked to do. libtorch knows the random numbers of its own generator there in a graph, and
// of no other: another one's draws are made by that one, with its state put in and taken back.
struct ct_graph_s {
  at::Device device;
  std::unique_ptr<at::GraphImplInterface> work;
  c10::impl::VirtualGuardImpl places;
  c10::Stream before;
  at::Generator own;

  explicit ct_graph_s(at::Device device)
      : device(device), work(at::create_graph_impl(device.type())), places(device.type()),
        before(places.getStream(device)) {
    TORCH_CHECK(work, "this libtorch has no graphs on ", device);
  }
  at::Generator shared() const { return at::globalContext().defaultGenerator(device); }
};

bool ct_graph_available(int32_t device) {
  return device >= 0 && ct_cuda_device_count() > 0 && at::has_graph_impl(ct::device(device).type());
}

int32_t ct_graph_begin(ct_graph *out, ct_generator generator, ct_error **error) {
  return ct::guarded(error, [&] {
    at::Generator &drawn = ct::generator(generator);
    auto graph = std::make_unique<ct_graph_s>(drawn.device());
    at::Generator shared = graph->shared();
    // Nothing may be under way on the stream that everything else uses, nor may a graph be recorded there.
    graph->places.synchronizeDevice(graph->device.index());
    shared.set_state(drawn.get_state());
    graph->places.exchangeStream(graph->places.getNewStream(graph->device));
    try {
      graph->work->capture_begin();
    } catch (...) {
      graph->places.exchangeStream(graph->before);
      throw;
    }
    graph->own = drawn;
    drawn = shared;
    *out = graph.release();
  });
}

int32_t ct_graph_end(ct_graph graph, ct_generator generator, ct_error **error) {
  ct::generator(generator) = graph->own;
  int32_t code = ct::guarded(error, [&] { graph->work->capture_end(); });
  graph->places.exchangeStream(graph->before);
  return code;
}

int32_t ct_graph_replay(ct_graph graph, ct_error **error) {
  return ct::guarded(error, [&] {
    at::Generator shared = graph->shared();
    shared.set_state(graph->own.get_state());
    graph->work->replay();
    graph->own.set_state(shared.get_state());
  });
}

void ct_graph_free(ct_graph graph) { delete graph; }
