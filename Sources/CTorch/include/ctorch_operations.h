// Generated from ops.yaml by generate-ops. Do not edit.

// creation
int32_t ct_full(ct_tensor *out, const int64_t *shape, int64_t shape_count, double value, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_empty(ct_tensor *out, const int64_t *shape, int64_t shape_count, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_arange(ct_tensor *out, double start, double end, double step, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_eye(ct_tensor *out, int64_t n, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_randn(ct_tensor *out, const int64_t *shape, int64_t shape_count, ct_generator generator, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_rand(ct_tensor *out, const int64_t *shape, int64_t shape_count, ct_generator generator, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_randint(ct_tensor *out, int64_t high, const int64_t *shape, int64_t shape_count, ct_generator generator, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_randperm(ct_tensor *out, int64_t n, ct_generator generator, int32_t dtype, int32_t place, ct_error **error);
int32_t ct_bernoulli(ct_tensor *out, ct_tensor probabilities, ct_generator generator, ct_error **error);
int32_t ct_multinomial(ct_tensor *out, ct_tensor weights, int64_t count, bool replacement, ct_generator generator, ct_error **error);

// in place
int32_t ct_normal_(ct_tensor self, double mean, double deviation, ct_generator generator, ct_error **error);
int32_t ct_uniform_(ct_tensor self, double low, double high, ct_generator generator, ct_error **error);
int32_t ct_fill_(ct_tensor self, double value, ct_error **error);
int32_t ct_copy_(ct_tensor self, ct_tensor source, ct_error **error);
int32_t ct_add_(ct_tensor self, ct_tensor other, double scale, ct_error **error);
int32_t ct_mul_(ct_tensor self, double factor, ct_error **error);
int32_t ct_requires_grad_(ct_tensor self, bool on, ct_error **error);

// arithmetic
int32_t ct_add(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_sub(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_mul(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_div(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_add_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error);
int32_t ct_mul_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error);
int32_t ct_rsub_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error);
int32_t ct_reciprocal(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_pow_scalar(ct_tensor *out, ct_tensor a, double exponent, ct_error **error);
int32_t ct_neg(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_maximum(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_minimum(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_clamp(ct_tensor *out, ct_tensor a, double low, double high, ct_error **error);
int32_t ct_lerp(ct_tensor *out, ct_tensor a, ct_tensor b, double weight, ct_error **error);

// elementwise
int32_t ct_exp(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_expm1(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_log(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_log1p(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_sqrt(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_rsqrt(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_square(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_abs(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_sign(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_floor(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_round(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_sin(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_cos(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_tanh(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_atanh(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_erf(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_lgamma(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_sigmoid(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_log_sigmoid(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_relu(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_leaky_relu(ct_tensor *out, ct_tensor a, double slope, ct_error **error);
int32_t ct_elu(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_softplus(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_silu(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_gelu(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_isfinite(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_where(ct_tensor *out, ct_tensor condition, ct_tensor a, ct_tensor b, ct_error **error);

// comparison
int32_t ct_eq(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_lt(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_gt_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error);
int32_t ct_ge_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error);
int32_t ct_lt_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error);
int32_t ct_le_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error);
int32_t ct_logical_not(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_logical_and(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);

// reductions
int32_t ct_sum_all(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_mean_all(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_min_all(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_max_all(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_all(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_sum(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error);
int32_t ct_mean(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error);
int32_t ct_var(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, int64_t correction, ct_error **error);
int32_t ct_amax(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error);
int32_t ct_amin(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error);
int32_t ct_logsumexp(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error);
int32_t ct_argmax(ct_tensor *out, ct_tensor a, int64_t dimension, bool keep, ct_error **error);
int32_t ct_kthvalue(ct_tensor *out, ct_tensor a, int64_t k, int64_t dimension, bool keep, ct_error **error);
int32_t ct_argsort(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error);
int32_t ct_cumsum(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error);
int32_t ct_softmax(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error);
int32_t ct_log_softmax(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error);

// shape
int32_t ct_reshape(ct_tensor *out, ct_tensor a, const int64_t *shape, int64_t shape_count, ct_error **error);
int32_t ct_permute(ct_tensor *out, ct_tensor a, const int64_t *order, int64_t order_count, ct_error **error);
int32_t ct_transpose(ct_tensor *out, ct_tensor a, int64_t first, int64_t second, ct_error **error);
int32_t ct_expand(ct_tensor *out, ct_tensor a, const int64_t *shape, int64_t shape_count, ct_error **error);
int32_t ct_unsqueeze(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error);
int32_t ct_squeeze(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error);
int32_t ct_narrow(ct_tensor *out, ct_tensor a, int64_t dimension, int64_t start, int64_t length, ct_error **error);
int32_t ct_select(ct_tensor *out, ct_tensor a, int64_t dimension, int64_t index, ct_error **error);
int32_t ct_index_select(ct_tensor *out, ct_tensor a, int64_t dimension, ct_tensor indices, ct_error **error);
int32_t ct_gather(ct_tensor *out, ct_tensor a, int64_t dimension, ct_tensor indices, ct_error **error);
int32_t ct_cat(ct_tensor *out, const ct_tensor *tensors, int64_t tensors_count, int64_t dimension, ct_error **error);
int32_t ct_stack(ct_tensor *out, const ct_tensor *tensors, int64_t tensors_count, int64_t dimension, ct_error **error);
int32_t ct_repeat_interleave(ct_tensor *out, ct_tensor a, int64_t times, int64_t dimension, ct_error **error);
int32_t ct_tile(ct_tensor *out, ct_tensor a, const int64_t *times, int64_t times_count, ct_error **error);
int32_t ct_one_hot(ct_tensor *out, ct_tensor a, int64_t classes, ct_error **error);
int32_t ct_tril(ct_tensor *out, ct_tensor a, int64_t diagonal, ct_error **error);
int32_t ct_diagonal(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_diag_embed(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_contiguous(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_clone(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_detach(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_to_dtype(ct_tensor *out, ct_tensor a, int32_t dtype, ct_error **error);
int32_t ct_to_device(ct_tensor *out, ct_tensor a, int32_t place, ct_error **error);

// linear algebra
int32_t ct_matmul(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_linear(ct_tensor *out, ct_tensor a, ct_tensor weight, ct_tensor bias, ct_error **error);
int32_t ct_cdist(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
int32_t ct_cholesky(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_eigvalsh(ct_tensor *out, ct_tensor a, ct_error **error);
int32_t ct_solve_triangular(ct_tensor *out, ct_tensor a, ct_tensor b, bool upper, ct_error **error);

// convolution
int32_t ct_conv2d(ct_tensor *out, ct_tensor a, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding, ct_error **error);
int32_t ct_conv_transpose2d(ct_tensor *out, ct_tensor a, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding, int64_t output_padding, ct_error **error);

// losses
int32_t ct_bce_with_logits_sum(ct_tensor *out, ct_tensor logits, ct_tensor target, ct_error **error);
int32_t ct_bce_with_logits(ct_tensor *out, ct_tensor logits, ct_tensor target, ct_error **error);
int32_t ct_mse(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error);
