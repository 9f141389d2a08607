// Generated from ops.yaml by generate-ops. Do not edit.
#include "bridge.h"

int32_t ct_full(ct_tensor *out, const int64_t *shape, int64_t shape_count, double value, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &shape) { *out = ct::own(at::full(shape, value, ct::options(dtype, place))); }(at::IntArrayRef(shape, shape_count));
  });
}

int32_t ct_empty(ct_tensor *out, const int64_t *shape, int64_t shape_count, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &shape) { *out = ct::own(at::empty(shape, ct::options(dtype, place))); }(at::IntArrayRef(shape, shape_count));
  });
}

int32_t ct_arange(ct_tensor *out, double start, double end, double step, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&]() { *out = ct::own(at::arange(start, end, step, ct::options(dtype, place))); }();
  });
}

int32_t ct_eye(ct_tensor *out, int64_t n, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&]() { *out = ct::own(at::eye(n, ct::options(dtype, place))); }();
  });
}

int32_t ct_randn(ct_tensor *out, const int64_t *shape, int64_t shape_count, ct_generator generator, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &shape, const auto &generator) { *out = ct::own(at::randn(shape, generator, ct::options(dtype, place))); }(at::IntArrayRef(shape, shape_count), ct::generator(generator));
  });
}

int32_t ct_rand(ct_tensor *out, const int64_t *shape, int64_t shape_count, ct_generator generator, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &shape, const auto &generator) { *out = ct::own(at::rand(shape, generator, ct::options(dtype, place))); }(at::IntArrayRef(shape, shape_count), ct::generator(generator));
  });
}

int32_t ct_randint(ct_tensor *out, int64_t high, const int64_t *shape, int64_t shape_count, ct_generator generator, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &shape, const auto &generator) { *out = ct::own(at::randint(high, shape, generator, ct::options(dtype, place))); }(at::IntArrayRef(shape, shape_count), ct::generator(generator));
  });
}

int32_t ct_randperm(ct_tensor *out, int64_t n, ct_generator generator, int32_t dtype, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &generator) { *out = ct::own(at::randperm(n, generator, ct::options(dtype, place))); }(ct::generator(generator));
  });
}

int32_t ct_bernoulli(ct_tensor *out, ct_tensor probabilities, ct_generator generator, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &probabilities, const auto &generator) { *out = ct::own(at::bernoulli(probabilities, generator)); }(ct::ref(probabilities), ct::generator(generator));
  });
}

int32_t ct_multinomial(ct_tensor *out, ct_tensor weights, int64_t count, bool replacement, ct_generator generator, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &weights, const auto &generator) { *out = ct::own(at::multinomial(weights, count, replacement, generator)); }(ct::ref(weights), ct::generator(generator));
  });
}

int32_t ct_normal_(ct_tensor self, double mean, double deviation, ct_generator generator, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &self, const auto &generator) { at::Tensor(self).normal_(mean, deviation, generator); }(ct::ref(self), ct::generator(generator));
  });
}

int32_t ct_uniform_(ct_tensor self, double low, double high, ct_generator generator, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &self, const auto &generator) { at::Tensor(self).uniform_(low, high, generator); }(ct::ref(self), ct::generator(generator));
  });
}

int32_t ct_fill_(ct_tensor self, double value, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &self) { at::Tensor(self).fill_(value); }(ct::ref(self));
  });
}

int32_t ct_copy_(ct_tensor self, ct_tensor source, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &self, const auto &source) { at::Tensor(self).copy_(source); }(ct::ref(self), ct::ref(source));
  });
}

int32_t ct_add_(ct_tensor self, ct_tensor other, double scale, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &self, const auto &other) { at::Tensor(self).add_(other, scale); }(ct::ref(self), ct::ref(other));
  });
}

int32_t ct_mul_(ct_tensor self, double factor, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &self) { at::Tensor(self).mul_(factor); }(ct::ref(self));
  });
}

int32_t ct_requires_grad_(ct_tensor self, bool on, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &self) { at::Tensor(self).requires_grad_(on); }(ct::ref(self));
  });
}

int32_t ct_add(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::add(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_sub(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::sub(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_mul(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::mul(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_div(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::div(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_add_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::add(a, b)); }(ct::ref(a));
  });
}

int32_t ct_mul_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::mul(a, b)); }(ct::ref(a));
  });
}

int32_t ct_rsub_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::rsub(a, b)); }(ct::ref(a));
  });
}

int32_t ct_reciprocal(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::reciprocal(a)); }(ct::ref(a));
  });
}

int32_t ct_pow_scalar(ct_tensor *out, ct_tensor a, double exponent, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::pow(a, exponent)); }(ct::ref(a));
  });
}

int32_t ct_neg(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::neg(a)); }(ct::ref(a));
  });
}

int32_t ct_maximum(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::maximum(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_minimum(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::minimum(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_clamp(ct_tensor *out, ct_tensor a, double low, double high, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::clamp(a, low, high)); }(ct::ref(a));
  });
}

int32_t ct_lerp(ct_tensor *out, ct_tensor a, ct_tensor b, double weight, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::lerp(a, b, weight)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_exp(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::exp(a)); }(ct::ref(a));
  });
}

int32_t ct_expm1(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::expm1(a)); }(ct::ref(a));
  });
}

int32_t ct_log(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::log(a)); }(ct::ref(a));
  });
}

int32_t ct_log1p(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::log1p(a)); }(ct::ref(a));
  });
}

int32_t ct_sqrt(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::sqrt(a)); }(ct::ref(a));
  });
}

int32_t ct_rsqrt(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::rsqrt(a)); }(ct::ref(a));
  });
}

int32_t ct_square(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::square(a)); }(ct::ref(a));
  });
}

int32_t ct_abs(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::abs(a)); }(ct::ref(a));
  });
}

int32_t ct_sign(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::sign(a)); }(ct::ref(a));
  });
}

int32_t ct_floor(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::floor(a)); }(ct::ref(a));
  });
}

int32_t ct_round(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::round(a)); }(ct::ref(a));
  });
}

int32_t ct_sin(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::sin(a)); }(ct::ref(a));
  });
}

int32_t ct_cos(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::cos(a)); }(ct::ref(a));
  });
}

int32_t ct_tanh(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::tanh(a)); }(ct::ref(a));
  });
}

int32_t ct_atanh(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::atanh(a)); }(ct::ref(a));
  });
}

int32_t ct_erf(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::erf(a)); }(ct::ref(a));
  });
}

int32_t ct_lgamma(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::lgamma(a)); }(ct::ref(a));
  });
}

int32_t ct_sigmoid(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::sigmoid(a)); }(ct::ref(a));
  });
}

int32_t ct_log_sigmoid(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::log_sigmoid(a)); }(ct::ref(a));
  });
}

int32_t ct_relu(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::relu(a)); }(ct::ref(a));
  });
}

int32_t ct_leaky_relu(ct_tensor *out, ct_tensor a, double slope, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::leaky_relu(a, slope)); }(ct::ref(a));
  });
}

int32_t ct_elu(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::elu(a)); }(ct::ref(a));
  });
}

int32_t ct_softplus(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::softplus(a)); }(ct::ref(a));
  });
}

int32_t ct_silu(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::silu(a)); }(ct::ref(a));
  });
}

int32_t ct_gelu(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::gelu(a)); }(ct::ref(a));
  });
}

int32_t ct_isfinite(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::isfinite(a)); }(ct::ref(a));
  });
}

int32_t ct_where(ct_tensor *out, ct_tensor condition, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &condition, const auto &a, const auto &b) { *out = ct::own(at::where(condition, a, b)); }(ct::ref(condition), ct::ref(a), ct::ref(b));
  });
}

int32_t ct_eq(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::eq(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_lt(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::lt(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_gt_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::gt(a, b)); }(ct::ref(a));
  });
}

int32_t ct_ge_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::ge(a, b)); }(ct::ref(a));
  });
}

int32_t ct_lt_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::lt(a, b)); }(ct::ref(a));
  });
}

int32_t ct_le_scalar(ct_tensor *out, ct_tensor a, double b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::le(a, b)); }(ct::ref(a));
  });
}

int32_t ct_logical_not(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::logical_not(a)); }(ct::ref(a));
  });
}

int32_t ct_logical_and(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::logical_and(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_sum_all(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::sum(a)); }(ct::ref(a));
  });
}

int32_t ct_mean_all(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::mean(a)); }(ct::ref(a));
  });
}

int32_t ct_min_all(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::min(a)); }(ct::ref(a));
  });
}

int32_t ct_max_all(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::max(a)); }(ct::ref(a));
  });
}

int32_t ct_all(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::all(a)); }(ct::ref(a));
  });
}

int32_t ct_sum(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &dimensions) { *out = ct::own(at::sum(a, dimensions, keep)); }(ct::ref(a), at::IntArrayRef(dimensions, dimensions_count));
  });
}

int32_t ct_mean(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &dimensions) { *out = ct::own(at::mean(a, dimensions, keep)); }(ct::ref(a), at::IntArrayRef(dimensions, dimensions_count));
  });
}

int32_t ct_var(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, int64_t correction, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &dimensions) { *out = ct::own(at::var(a, at::OptionalIntArrayRef(dimensions), std::optional<at::Scalar>(correction), keep)); }(ct::ref(a), at::IntArrayRef(dimensions, dimensions_count));
  });
}

int32_t ct_amax(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &dimensions) { *out = ct::own(at::amax(a, dimensions, keep)); }(ct::ref(a), at::IntArrayRef(dimensions, dimensions_count));
  });
}

int32_t ct_amin(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &dimensions) { *out = ct::own(at::amin(a, dimensions, keep)); }(ct::ref(a), at::IntArrayRef(dimensions, dimensions_count));
  });
}

int32_t ct_logsumexp(ct_tensor *out, ct_tensor a, const int64_t *dimensions, int64_t dimensions_count, bool keep, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &dimensions) { *out = ct::own(at::logsumexp(a, dimensions, keep)); }(ct::ref(a), at::IntArrayRef(dimensions, dimensions_count));
  });
}

int32_t ct_argmax(ct_tensor *out, ct_tensor a, int64_t dimension, bool keep, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::argmax(a, dimension, keep)); }(ct::ref(a));
  });
}

int32_t ct_kthvalue(ct_tensor *out, ct_tensor a, int64_t k, int64_t dimension, bool keep, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(std::get<0>(at::kthvalue(a, k, dimension, keep))); }(ct::ref(a));
  });
}

int32_t ct_argsort(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::argsort(a, /*stable=*/true, dimension)); }(ct::ref(a));
  });
}

int32_t ct_cumsum(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::cumsum(a, dimension)); }(ct::ref(a));
  });
}

int32_t ct_softmax(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::softmax(a, dimension)); }(ct::ref(a));
  });
}

int32_t ct_log_softmax(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::log_softmax(a, dimension)); }(ct::ref(a));
  });
}

int32_t ct_reshape(ct_tensor *out, ct_tensor a, const int64_t *shape, int64_t shape_count, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &shape) { *out = ct::own(at::reshape(a, shape)); }(ct::ref(a), at::IntArrayRef(shape, shape_count));
  });
}

int32_t ct_permute(ct_tensor *out, ct_tensor a, const int64_t *order, int64_t order_count, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &order) { *out = ct::own(at::permute(a, order)); }(ct::ref(a), at::IntArrayRef(order, order_count));
  });
}

int32_t ct_transpose(ct_tensor *out, ct_tensor a, int64_t first, int64_t second, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::transpose(a, first, second)); }(ct::ref(a));
  });
}

int32_t ct_expand(ct_tensor *out, ct_tensor a, const int64_t *shape, int64_t shape_count, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &shape) { *out = ct::own(a.expand(shape)); }(ct::ref(a), at::IntArrayRef(shape, shape_count));
  });
}

int32_t ct_unsqueeze(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::unsqueeze(a, dimension)); }(ct::ref(a));
  });
}

int32_t ct_squeeze(ct_tensor *out, ct_tensor a, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::squeeze(a, dimension)); }(ct::ref(a));
  });
}

int32_t ct_narrow(ct_tensor *out, ct_tensor a, int64_t dimension, int64_t start, int64_t length, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::narrow(a, dimension, start, length)); }(ct::ref(a));
  });
}

int32_t ct_select(ct_tensor *out, ct_tensor a, int64_t dimension, int64_t index, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::select(a, dimension, index)); }(ct::ref(a));
  });
}

int32_t ct_index_select(ct_tensor *out, ct_tensor a, int64_t dimension, ct_tensor indices, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &indices) { *out = ct::own(at::index_select(a, dimension, indices)); }(ct::ref(a), ct::ref(indices));
  });
}

int32_t ct_gather(ct_tensor *out, ct_tensor a, int64_t dimension, ct_tensor indices, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &indices) { *out = ct::own(at::gather(a, dimension, indices)); }(ct::ref(a), ct::ref(indices));
  });
}

int32_t ct_cat(ct_tensor *out, const ct_tensor *tensors, int64_t tensors_count, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &tensors) { *out = ct::own(at::cat(tensors, dimension)); }(ct::list(tensors, tensors_count));
  });
}

int32_t ct_stack(ct_tensor *out, const ct_tensor *tensors, int64_t tensors_count, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &tensors) { *out = ct::own(at::stack(tensors, dimension)); }(ct::list(tensors, tensors_count));
  });
}

int32_t ct_repeat_interleave(ct_tensor *out, ct_tensor a, int64_t times, int64_t dimension, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::repeat_interleave(a, times, dimension)); }(ct::ref(a));
  });
}

int32_t ct_tile(ct_tensor *out, ct_tensor a, const int64_t *times, int64_t times_count, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &times) { *out = ct::own(at::tile(a, times)); }(ct::ref(a), at::IntArrayRef(times, times_count));
  });
}

int32_t ct_one_hot(ct_tensor *out, ct_tensor a, int64_t classes, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::eq(a.unsqueeze(-1), at::arange(classes, a.options())).to(at::kLong)); }(ct::ref(a));
  });
}

int32_t ct_tril(ct_tensor *out, ct_tensor a, int64_t diagonal, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::tril(a, diagonal)); }(ct::ref(a));
  });
}

int32_t ct_diagonal(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::diagonal(a, 0, -2, -1)); }(ct::ref(a));
  });
}

int32_t ct_diag_embed(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::diag_embed(a)); }(ct::ref(a));
  });
}

int32_t ct_contiguous(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(a.contiguous()); }(ct::ref(a));
  });
}

int32_t ct_clone(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::clone(a)); }(ct::ref(a));
  });
}

int32_t ct_detach(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(a.detach()); }(ct::ref(a));
  });
}

int32_t ct_to_dtype(ct_tensor *out, ct_tensor a, int32_t dtype, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(a.to(ct::scalar_type(dtype))); }(ct::ref(a));
  });
}

int32_t ct_to_device(ct_tensor *out, ct_tensor a, int32_t place, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(a.to(ct::device(place))); }(ct::ref(a));
  });
}

int32_t ct_matmul(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::matmul(a, b)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_linear(ct_tensor *out, ct_tensor a, ct_tensor weight, ct_tensor bias, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &weight, const auto &bias) { *out = ct::own(at::linear(a, weight, bias)); }(ct::ref(a), ct::ref(weight), ct::optional(bias));
  });
}

int32_t ct_cdist(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::cdist(a, b, 2, 2)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_cholesky(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::linalg_cholesky(a)); }(ct::ref(a));
  });
}

int32_t ct_eigvalsh(ct_tensor *out, ct_tensor a, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a) { *out = ct::own(at::linalg_eigvalsh(a)); }(ct::ref(a));
  });
}

int32_t ct_solve_triangular(ct_tensor *out, ct_tensor a, ct_tensor b, bool upper, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::linalg_solve_triangular(a, b, upper)); }(ct::ref(a), ct::ref(b));
  });
}

int32_t ct_conv2d(ct_tensor *out, ct_tensor a, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &weight, const auto &bias) { *out = ct::own(at::conv2d(a, weight, bias, at::IntArrayRef({stride, stride}), at::IntArrayRef({padding, padding}))); }(ct::ref(a), ct::ref(weight), ct::optional(bias));
  });
}

int32_t ct_conv_transpose2d(ct_tensor *out, ct_tensor a, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding, int64_t output_padding, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &weight, const auto &bias) { *out = ct::own(at::conv_transpose2d(a, weight, bias, {stride, stride}, {padding, padding}, {output_padding, output_padding})); }(ct::ref(a), ct::ref(weight), ct::optional(bias));
  });
}

int32_t ct_bce_with_logits_sum(ct_tensor *out, ct_tensor logits, ct_tensor target, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &logits, const auto &target) { *out = ct::own(at::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::Sum)); }(ct::ref(logits), ct::ref(target));
  });
}

int32_t ct_bce_with_logits(ct_tensor *out, ct_tensor logits, ct_tensor target, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &logits, const auto &target) { *out = ct::own(at::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::None)); }(ct::ref(logits), ct::ref(target));
  });
}

int32_t ct_mse(ct_tensor *out, ct_tensor a, ct_tensor b, ct_error **error) {
  return ct::guarded(error, [&] {
    [&](const auto &a, const auto &b) { *out = ct::own(at::mse_loss(a, b)); }(ct::ref(a), ct::ref(b));
  });
}
