// What libtorch was asked to compute, call by call, below autograd; and single calls of it run again.
#ifndef CTORCH_RECORDING_H
#define CTORCH_RECORDING_H

typedef struct ct_recording_s *ct_recording;
typedef struct ct_operation_s *ct_operation;

// A tensor as a call saw it: a place in a storage. Offset and strides in elements.
typedef struct {
  int64_t storage;  // -1: no tensor here, or one that has no storage or no code for its type
  int64_t offset, rank;
  const int64_t *shape, *strides;
  int32_t dtype, device;
  bool is_number;  // whether a number became this tensor, which then weighs less in the type of a result
} ct_recorded_value;

enum {
  CT_ARGUMENT_NONE = 0, CT_ARGUMENT_TENSOR = 1, CT_ARGUMENT_TENSORS = 2, CT_ARGUMENT_INT = 3,
  CT_ARGUMENT_DOUBLE = 4, CT_ARGUMENT_BOOL = 5, CT_ARGUMENT_INTS = 6, CT_ARGUMENT_DOUBLES = 7,
  CT_ARGUMENT_OTHER = 8
};

typedef struct {
  int32_t kind;
  bool is_written;                  // whether the call writes it
  int64_t count;                    // of `values`, `ints` or `doubles`
  const ct_recorded_value *values;  // TENSOR, TENSORS
  const int64_t *ints;              // INT, INTS, BOOL
  const double *doubles;            // DOUBLE, DOUBLES
  const char *text;                 // OTHER
} ct_recorded_argument;

typedef struct {
  const char *name;  // such as "aten::add.Tensor"
  int64_t argument_count, result_count;
  const ct_recorded_argument *arguments;  // all of the schema, in its order
  const ct_recorded_value *results;       // lists flattened
  bool is_view;                           // results are places in arguments and nothing is written
} ct_recorded_call;

enum { CT_SEEN_AS_INPUT = 0, CT_SEEN_AS_WRITTEN = 1, CT_SEEN_AS_RESULT = 2 };

typedef struct {
  void *data;
  int64_t bytes;
  int32_t seen_as;  // how it first appeared
} ct_recorded_storage;

// Records this thread's calls until ct_recording_end. Every storage they touch lives until the recording is
// freed, so that one address stands for one storage.
int32_t ct_recording_begin(ct_error **error);
ct_recording ct_recording_end(void);
int64_t ct_recording_count(void);  // calls recorded so far in this thread; 0 where nothing is recorded
void ct_recording_free(ct_recording recording);

int64_t ct_recording_call_count(ct_recording recording);
int64_t ct_recording_storage_count(ct_recording recording);
ct_recorded_call ct_recording_call(ct_recording recording, int64_t index);
ct_recorded_storage ct_recording_storage(ct_recording recording, int64_t index);
// The tensor's place; shape and strides are the tensor's own, borrowed.
ct_recorded_value ct_recording_value(ct_recording recording, ct_tensor tensor);

// Lets go of the storages that first appeared as results: their memory, and what ct_recording_value knows of them.
void ct_recording_release_results(ct_recording recording);

// A recorded call on other memory. `arguments`: the first byte of the storage of each defined tensor among
// the arguments, lists flattened. `results`: likewise for each defined result; NULL where it is not kept.
int32_t ct_operation_new(ct_operation *out, ct_recording recording, int64_t call, void *const *arguments,
                         int64_t argument_count, void *const *results, int64_t result_count,
                         ct_error **error);
int32_t ct_operation_run(ct_operation operation, ct_error **error);
// The state of the generator on the CPU that an operation draws from, as libtorch's MT19937 has it: 624 words, how many are
// left before new ones are made, and the next; an error where it draws from none.
int32_t ct_operation_stream(ct_operation operation, uint32_t *words, int32_t *left, uint32_t *next, ct_error **error);
int32_t ct_operation_set_stream(ct_operation operation, const uint32_t *words, int32_t left, uint32_t next,
                                ct_error **error);
void ct_operation_free(ct_operation operation);

#endif
