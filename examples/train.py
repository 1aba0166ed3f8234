"""An ordinary wandb script: softmax regression on drawn digits. It knows nothing of Chiplog, and needs not to.

Run it anywhere: `python3 train.py --steps 200`. It takes a step every 0.1 s, as a larger model would.
"""

import argparse
import os
import time

import numpy as np
import wandb

CLASSES = 10
SIDE = 8
FONT = """
.####.  ...#..  .####.  .####.  #...#.  #####.  .####.  ######  .####.  .####.
#....#  ..##..  #....#  #....#  #...#.  #.....  #.....  ....#.  #....#  #....#
#....#  .#.#..  ....#.  ..###.  #####.  ####..  #####.  ...#..  .####.  .#####
#....#  ...#..  ..##..  .....#  ....#.  ....#.  #....#  ..#...  #....#  .....#
#....#  ...#..  .#....  #....#  ....#.  #...#.  #....#  ..#...  #....#  #....#
.####.  .#####  ######  .####.  ....#.  .###..  .####.  ..#...  .####.  .####.
"""


def parse() -> argparse.Namespace:
    """The command line; STEPS in the environment sets the default length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=int(os.environ.get("STEPS", "200")))
    parser.add_argument("--pace", type=float, default=0.1, help="seconds that a step takes at least")
    parser.add_argument("--lr", type=float, default=0.5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def draw_digits(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` noisy pictures of SIDE x SIDE pixels, flat, and the digits that they show."""
    rows = [line.split() for line in FONT.split("\n") if line]
    glyphs = np.array([[[pixel == "#" for pixel in row[digit]] for row in rows] for digit in range(CLASSES)], float)
    digits = random.integers(CLASSES, size=count)
    pictures = np.zeros((count, SIDE, SIDE))
    for picture, digit, (down, right) in zip(pictures, digits, random.integers(2, size=(count, 2)), strict=True):
        picture[down : down + 6, right : right + 6] = glyphs[digit]
    return (pictures + random.normal(scale=0.25, size=pictures.shape)).reshape(count, -1), digits


def predict(pictures: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Probability of each class for each picture."""
    logits = pictures @ weights + bias
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def step(pictures: np.ndarray, digits: np.ndarray, weights: np.ndarray, bias: np.ndarray, lr: float) -> float:
    """One step of gradient descent, in place; returns the loss before it."""
    probability = predict(pictures, weights, bias)
    loss = -np.log(probability[np.arange(len(digits)), digits] + 1e-12).mean()
    probability[np.arange(len(digits)), digits] -= 1
    weights -= lr * pictures.T @ probability / len(digits)
    bias -= lr * probability.mean(axis=0)
    return float(loss)


def portrait(weights: np.ndarray) -> np.ndarray:
    """What each class looks for, side by side, as grey pixels four times as large."""
    tiles = np.concatenate([weights[:, digit].reshape(SIDE, SIDE) for digit in range(CLASSES)], axis=1)
    grey = 255 * (tiles - tiles.min()) / (np.ptp(tiles) + 1e-12)
    return np.kron(grey, np.ones((4, 4))).astype(np.uint8)


def main() -> None:
    """Train, and log what a training script logs: scalars, console lines, a picture, the model."""
    options = parse()
    random = np.random.default_rng(options.seed)
    pictures, digits = draw_digits(random, 4000)
    unseen, answers = draw_digits(random, 1000)
    weights, bias = np.zeros((SIDE * SIDE, CLASSES)), np.zeros(CLASSES)
    run = wandb.init(project=os.environ.get("WANDB_PROJECT", "demo"), config=vars(options))
    print(f"training on {len(digits)} pictures for {options.steps} steps")
    for number in range(options.steps):
        started = time.monotonic()
        chosen = random.integers(len(digits), size=options.batch)
        loss = step(pictures[chosen], digits[chosen], weights, bias, options.lr)
        accuracy = float((predict(unseen, weights, bias).argmax(axis=1) == answers).mean())
        run.log({"loss": loss, "accuracy": accuracy})
        if number % 20 == 0 or number == options.steps - 1:
            print(f"step {number:4d}  loss {loss:.4f}  accuracy {accuracy:.3f}")
        time.sleep(max(0.0, options.pace - (time.monotonic() - started)))
    run.log({"weights": wandb.Image(portrait(weights), caption="what each digit looks like to the model")})
    np.savez("model.npz", weights=weights, bias=bias)
    run.save("model.npz")
    run.summary["parameters"] = weights.size + bias.size
    run.finish()
    print("done")


if __name__ == "__main__":
    main()
