"""A Gaussian process over the unit cube, and the point where it expects most improvement; pure functions of numbers.

Matern 5/2 with a length for each parameter, fitted by maximum a posteriori (Rasmussen & Williams 2006, 4.2 and 5.4);
expected improvement (Jones 1998). Values are made normal by a power transform before, so that one steep wall does not
decide everything (Yeo & Johnson 2000). Running trials count by what the process expects of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Array = Any
"""A numpy array."""

MAX_POINTS = 100
"""The process is fitted to the best half of so many and the newest; the cost grows with their cube."""

CANDIDATES, NEIGHBOURS, ROUNDS = 1000, 100, 4
"""Points drawn at random, around each of the best, and how often the best candidate is looked around."""

_LEAST_NOISE = 1e-6
_LENGTH, _LENGTH_SPREAD = 0.4, 1.0
"""Where lengths are believed to be before anything is known, as median and spread of a log-normal law."""

_NOISE, _NOISE_SPREAD = 1e-3, 3.0
"""The same of the noise."""


@dataclass(frozen=True)
class Space:
    """How a point of the unit cube is told to the process."""

    snap: Callable[[Array], Array]
    """The points that can be tried, nearest to given ones: shape (n, d) to (n, d)."""
    features: Callable[[Array], Array]
    """Shape (n, d) to (n, f): choices have a feature for each, for none is nearer to another."""
    owners: Sequence[int]
    """Of each feature the parameter that it belongs to, whose length it shares."""


def suggest(space: Space, points: Array, values: Array, pending: Array, chance: Any) -> Array:
    """The point to try next, in the unit cube.

    Args:
        points: what was tried, shape (n, d); at least two.
        values: what came of it, less is better, shape (n,).
        pending: what is being tried, shape (m, d).
        chance: numpy's Generator.
    """
    import numpy

    chosen = _chosen(values)
    told = _normal(values[chosen])
    process = _fit(space.features(points[chosen]), told, space.owners)
    if len(pending):
        process = process.with_points(space.features(pending))
    best = points[chosen][numpy.argsort(told)[:5]]
    found = space.snap(_candidates(points.shape[1], best, chance))
    for spread in numpy.geomspace(0.1, 0.005, ROUNDS):
        gains = process.improvement(space.features(found), float(told.min()))
        leaders = found[numpy.argsort(-gains)[:3]]
        around = numpy.repeat(leaders, NEIGHBOURS, axis=0) + chance.normal(0, spread, (3 * NEIGHBOURS, found.shape[1]))
        found = numpy.vstack([leaders, space.snap(numpy.clip(around, 0, 1))])
    return found[int(numpy.argmax(process.improvement(space.features(found), float(told.min()))))]


@dataclass(frozen=True)
class _Process:
    """A process that knows its points."""

    features: Array
    values: Array
    lengths: Array
    """Of each feature."""
    noise: float
    lower: Array
    """Cholesky's factor of the covariance."""

    def expect(self, features: Array) -> tuple[Array, Array]:
        """Mean and deviation at some points."""
        import numpy
        from scipy.linalg import cho_solve, solve_triangular

        across = _matern(features, self.features, self.lengths)
        mean = across @ cho_solve((self.lower, True), self.values)
        known = solve_triangular(self.lower, across.T, lower=True)
        return mean, numpy.sqrt(numpy.maximum(1 - (known**2).sum(axis=0), 1e-12))

    def improvement(self, features: Array, best: float) -> Array:
        """How far below `best` each point is expected to be, counting nothing where it is above."""
        from scipy.special import ndtr

        mean, deviation = self.expect(features)
        scaled = (best - mean) / deviation
        return deviation * (scaled * ndtr(scaled) + _density(scaled))

    def with_points(self, features: Array) -> "_Process":
        """As if the points had given what is expected of them."""
        import numpy

        values = numpy.concatenate([self.values, self.expect(features)[0]])
        every = numpy.vstack([self.features, features])
        return _known(every, values, self.lengths, self.noise)


def _fit(features: Array, values: Array, owners: Sequence[int]) -> _Process:
    """The process whose lengths and noise make the values most likely, from two starts."""
    import numpy
    from scipy.optimize import minimize

    count, places = max(owners) + 1, numpy.array(owners)
    apart = numpy.array([_apart(features[:, places == owner]) for owner in range(count)])
    starts = [numpy.append(numpy.full(count, numpy.log(length)), numpy.log(_NOISE)) for length in (0.2, 0.8)]
    bounds = [(numpy.log(0.02), numpy.log(20.0))] * count + [(numpy.log(_LEAST_NOISE), numpy.log(0.5))]
    fits = [
        minimize(_cost, start, (apart, values), "L-BFGS-B", jac=True, bounds=bounds, options={"maxiter": 40})
        for start in starts
    ]
    best = min(fits, key=lambda fit: float(fit.fun)).x
    return _known(features, values, numpy.exp(best[:-1])[places], float(numpy.exp(best[-1])))


def _apart(features: Array) -> Array:
    """Squared distances between points by some of their features."""
    differences = features[:, None, :] - features[None, :, :]
    return (differences**2).sum(axis=2)


def _cost(told: Array, apart: Array, values: Array) -> tuple[float, Array]:
    """The negative logarithm of the posterior, without constants, and its gradient.

    `told` are the logarithms of lengths and noise; `apart` are squared distances by parameter, shape (d, n, n).
    """
    import numpy
    from scipy.linalg import cho_factor, cho_solve

    scaled = apart / numpy.exp(2 * told[:-1])[:, None, None]
    root = numpy.sqrt(5 * scaled.sum(axis=0))
    decay, noise = numpy.exp(-root), float(numpy.exp(told[-1]))
    covariance = (1 + root + root**2 / 3) * decay + (noise + 1e-8) * numpy.eye(len(values))
    factor = cho_factor(covariance, lower=True)
    weights = cho_solve(factor, values)
    doubt = cho_solve(factor, numpy.eye(len(values))) - numpy.outer(weights, weights)
    slope = doubt * (5 / 3) * (1 + root) * decay
    prior = (told - numpy.append(numpy.full(len(told) - 1, numpy.log(_LENGTH)), numpy.log(_NOISE))) / _spreads(
        len(told)
    )
    cost = 0.5 * values @ weights + numpy.log(numpy.diag(factor[0])).sum() + 0.5 * (prior**2).sum()
    gradient = numpy.append(0.5 * (scaled * slope).sum(axis=(1, 2)), 0.5 * noise * numpy.trace(doubt))
    return float(cost), gradient + prior / _spreads(len(told))


def _spreads(count: int) -> Array:
    """Of the laws that lengths and, last, the noise are believed to have."""
    import numpy

    return numpy.append(numpy.full(count - 1, _LENGTH_SPREAD), _NOISE_SPREAD)


def _known(features: Array, values: Array, lengths: Array, noise: float) -> _Process:
    import numpy

    covariance = _matern(features, features, lengths)
    covariance[numpy.diag_indices_from(covariance)] += noise + 1e-8
    return _Process(features, values, lengths, noise, numpy.linalg.cholesky(covariance))


def _matern(one: Array, other: Array, lengths: Array) -> Array:
    import numpy
    from scipy.spatial.distance import cdist

    scaled = numpy.sqrt(5.0) * cdist(one / lengths, other / lengths)
    return (1 + scaled + scaled**2 / 3) * numpy.exp(-scaled)


def _density(x: Array) -> Array:
    import numpy

    return numpy.exp(-0.5 * x**2) / numpy.sqrt(2 * numpy.pi)


def _candidates(dimensions: int, best: Array, chance: Any) -> Array:
    """Anywhere, and near the best in some of the dimensions."""
    import numpy

    anywhere = chance.random((CANDIDATES, dimensions))
    near = numpy.repeat(best, NEIGHBOURS, axis=0)
    moved = numpy.where(chance.random(near.shape) < 0.5, near + chance.normal(0, 0.1, near.shape), near)
    return numpy.vstack([anywhere, numpy.clip(moved, 0, 1)])


def _chosen(values: Array) -> Array:
    """Places of the best half of MAX_POINTS and the newest."""
    import numpy

    if len(values) <= MAX_POINTS:
        return numpy.arange(len(values))
    best = numpy.argsort(values, kind="stable")[: MAX_POINTS // 2]
    newest = numpy.setdiff1d(numpy.arange(len(values)), best)[-(MAX_POINTS - len(best)) :]
    return numpy.sort(numpy.concatenate([best, newest]))


def _normal(values: Array) -> Array:
    """Values with mean 0 and deviation 1, bent towards the normal law."""
    import numpy
    from scipy.stats import yeojohnson

    spread = float(values.std())
    if spread == 0 or not numpy.isfinite(spread):
        return numpy.zeros(len(values))
    bent = yeojohnson((values - values.mean()) / spread)[0] if len(values) > 3 else values
    bent = bent if numpy.isfinite(bent).all() and bent.std() > 0 else values
    return (bent - bent.mean()) / bent.std()
