// Processes that train together: libtorch's c10d behind plain C, in the conventions of ctorch.h.
#ifndef CTORCH_DISTRIBUTED_H
#define CTORCH_DISTRIBUTED_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_group_s *ct_group;

// Joins a group of `size` processes as the one of number `rank`. They find each other by a store at host:port, which
// this process serves where `serves` says so; `prefix` keeps several groups in one store apart. Waits until all are
// there, `seconds` at most. `place` is where the tensors lie: CT_CPU takes Gloo, else a device of NCCL.
int32_t ct_group_new(ct_group *out, const char *host, int32_t port, bool serves, const char *prefix, int32_t rank,
                     int32_t size, int32_t place, double seconds, ct_error **error);
void ct_group_free(ct_group group);

// A note that all processes can read. `ct_group_read` gives false where there is none yet.
int32_t ct_group_write(ct_group group, const char *key, const char *text, ct_error **error);
int32_t ct_group_read(bool *found, char *text, int64_t capacity, ct_group group, const char *key, ct_error **error);

// Replaces tensors by their means over all processes, in place, in buckets of about `bucket_bytes`.
int32_t ct_group_average(ct_group group, const ct_tensor *tensors, int64_t count, int64_t bucket_bytes,
                         ct_error **error);
// Fills `whole` [size x n, ...] with the tensors [n, ...] of all processes, in the order of their ranks.
int32_t ct_group_gather(ct_group group, ct_tensor whole, ct_tensor part, ct_error **error);
// Gradients as `ct_grad` gives them, averaged over all processes: a bucket is on its way as soon as its gradients
// are there, while the backward pass goes on. `extra`, a float32 scalar, is averaged with the last bucket.
int32_t ct_group_grad(ct_group group, ct_tensor *gradients, ct_tensor output, const ct_tensor *inputs,
                      int64_t input_count, bool keep_graph, ct_tensor extra, int64_t bucket_bytes, ct_error **error);

#ifdef __cplusplus
}
#endif

#endif
