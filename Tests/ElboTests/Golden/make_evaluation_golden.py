"""Writes evaluation.safetensors: what SciPy, scikit-learn, scikit-image and POT make of the estimators' inputs.

    python3 -m venv /tmp/golden-venv
    /tmp/golden-venv/bin/pip install numpy scipy scikit-learn scikit-image POT safetensors
    /tmp/golden-venv/bin/python Tests/ElboTests/Golden/make_evaluation_golden.py

Names are "<estimator>/<input or output>". All numbers are float64, but for classes, which are int64.
"""
import pathlib

import numpy as np
import ot
from safetensors.numpy import save_file
from scipy import linalg, optimize, stats
from scipy.spatial.distance import cdist
from skimage.metrics import structural_similarity
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier, KernelDensity

random = np.random.default_rng(11)
golden = {}


def write(name, **values):
    for key, value in values.items():
        value = np.asarray(value)
        golden[f"{name}/{key}"] = value.astype(np.int64 if value.dtype.kind in "iu" else np.float64)


# Two samples that differ in place and shape.
x = random.normal(size=(60, 3))
y = random.normal(size=(60, 3)) * [1.3, 0.8, 1] + [0.4, 0, -0.2]
write("samples", x=x, y=y)


def unbiased(kernel, x, y):
    n, m = len(x), len(y)
    kxx, kyy = kernel(x, x), kernel(y, y)
    return ((kxx.sum() - np.trace(kxx)) / (n * (n - 1)) + (kyy.sum() - np.trace(kyy)) / (m * (m - 1))
            - 2 * kernel(x, y).mean())


WIDTH = 1.7
pooled = np.concatenate([x, y[:41]])
write("mmd", width=WIDTH, value=unbiased(lambda a, b: np.exp(-cdist(a, b, "sqeuclidean") / 2 / WIDTH ** 2), x, y[:41]),
      median=np.median(cdist(pooled, pooled)[np.triu_indices(len(pooled), 1)]))
write("energy", value=unbiased(lambda a, b: -cdist(a, b), x, y[:41]))

directions = random.normal(size=(25, 3))
directions /= np.linalg.norm(directions, axis=1, keepdims=True)
write("sliced", directions=directions, value=ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=2))


def stein(x, y, sx, sy, h=1e-3):
    """The Stein kernel, its derivatives by central differences of fourth order."""
    k = lambda a, b: (1 + ((a - b) ** 2).sum()) ** -0.5
    eye = np.eye(len(x)) * h
    d1 = lambda f: (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h)
    total = sx @ sy * k(x, y)
    for i, e in enumerate(eye):
        total += sx[i] * d1(lambda t: k(x, y + t * e)) + sy[i] * d1(lambda t: k(x + t * e, y))
        total += d1(lambda s: d1(lambda t: k(x + s * e, y + t * e)))
    return total


scores = -x / np.array([1.0, 2.0, 0.5])
write("stein", scores=scores, value=np.mean(
    [stein(x[i], x[j], scores[i], scores[j]) for i in range(60) for j in range(60) if i != j]))

tests = [stats.ks_2samp(x[:, i], y[:41, i], method="asymp") for i in range(3)]
write("ks", statistics=[t.statistic for t in tests],
      # The limit itself: SciPy's p-value of two samples is a refinement of it.
      p=[stats.kstwobign.sf(t.statistic * (60 * 41 / 101) ** 0.5) for t in tests])

means, scales = random.normal(size=(60, 3)), np.exp(random.normal(size=(60, 3)) * 0.3)
z = means + scales * random.normal(size=means.shape)
log_q = stats.norm.logpdf(z[:, None], means, scales).sum(-1)
write("information", means=means, scales=scales, z=z,
      values=np.diag(log_q) - np.logaddexp.reduce(log_q, axis=1) + np.log(60))

# Codes and classes.
classes = random.integers(0, 4, size=150)
codes = random.normal(size=(150, 3)) + np.eye(4, 3)[classes] * 1.5
train, test = slice(0, 100), slice(100, 150)
write("codes", z=codes, classes=classes)
knn = KNeighborsClassifier(5).fit(codes[train], classes[train])
write("neighbours", accuracy=knn.score(codes[test], classes[test]))
centre, spread = codes[train].mean(0), codes[train].std(0)
standard = (codes - centre) / spread
probe = LogisticRegression(C=1.0, tol=1e-12, max_iter=10000).fit(standard[train], classes[train])
write("probe", probabilities=probe.predict_proba(standard[test]), accuracy=probe.score(standard[test], classes[test]))

clusters = random.integers(0, 6, size=150)
clusters = np.where(random.random(150) < 0.6, classes, clusters)
table = np.zeros((6, 4), int)
np.add.at(table, (clusters, classes), 1)
rows, columns = optimize.linear_sum_assignment(table, maximize=True)
write("clusters", found=clusters, accuracy=table[rows, columns].sum() / 150,
      nmi=normalized_mutual_info_score(classes, clusters))
cost = random.normal(size=(7, 7))
write("assignment", cost=cost, columns=optimize.linear_sum_assignment(cost)[1])

BINS = 20
binned = [np.digitize(c, np.histogram(c, BINS)[1][:-1]) for c in codes.T]
information = sorted(mutual_info_score(b, classes) for b in binned)
write("gap", value=(information[-1] - information[-2]) / stats.entropy(np.bincount(classes)))

# Images.
images = random.random(size=(6, 16, 14))
noisy = np.clip(images + random.normal(size=images.shape) * 0.2, 0, 1)
write("images", x=images.reshape(6, -1), y=noisy.reshape(6, -1), ssim=[
    structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1)
    for a, b in zip(images, noisy)])

# Features of data and of samples.
a, b = random.normal(size=(200, 5)), random.normal(size=(180, 5)) @ random.normal(size=(5, 5)) * 0.5 + 0.3
mean_a, mean_b, cov_a, cov_b = a.mean(0), b.mean(0), np.cov(a.T), np.cov(b.T)
distance = ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * linalg.sqrtm(cov_a @ cov_b).real)
radius = lambda f: np.sort(cdist(f, f), axis=1)[:, 3]
write("features", a=a, b=b, distance=distance,
      eigenvalues=np.linalg.eigvalsh(cov_b),
      precision=(cdist(b, a) <= radius(a)).any(1).mean(), recall=(cdist(a, b) <= radius(b)).any(1).mean())

density = KernelDensity(bandwidth=0.6).fit(x)
write("parzen", bandwidth=0.6, values=density.score_samples(y))

save_file(golden, pathlib.Path(__file__).parent / "evaluation.safetensors")
