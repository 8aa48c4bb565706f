"""What is done to probabilities, against brute force, and the laws it keeps."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.sequence.decoding import (
    LEARNED_PRIOR,
    TRUST,
    Evidence,
    calibrate,
    count_transitions,
    decode,
    smooth,
)
from homecage.sequence.models import Task
from homecage.sequence.options import DecodingOptions
from homecage.sequence.sequences import Sequence
from homecage.storage.frame_tables import UNLABELED

K = 3


def make_video(codes, name="a"):
    return Sequence(name, torch.zeros(len(codes), 1).half(), torch.tensor(codes))


def draw_labels(rng, n_clips=600, stay=0.95):
    """Draw labels that stay, and otherwise go on to the next behavior; the first is twice as long."""
    codes = [0]
    for _ in range(n_clips - 1):
        leave = rng.random() > (stay if codes[-1] else (1 + stay) / 2)
        codes.append((codes[-1] + leave) % K)
    return codes


def say(rng, codes, sharpness=1.0, noise=1.5):
    """Return probabilities that know the label, but not well."""
    score = 2 * np.eye(K)[codes] + rng.normal(0, noise, (len(codes), K))
    raised = np.exp(sharpness * score)
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    training, validation = (
        [make_video(draw_labels(rng)) for _ in range(n_videos)] for n_videos in (3, 2)
    )
    task = Task(training, validation, K, seed=0)
    evidence = Evidence.collect(task, [say(rng, video.codes.tolist()) for video in validation])
    held_out = draw_labels(rng, 1000)
    return evidence, say(rng, held_out), np.array(held_out)


def test_transitions_are_those_of_labeled_neighbors():
    videos = [make_video([0, 0, 1, UNLABELED, 2, 2]), make_video([1, 0])]
    expected = np.zeros((K, K))
    for video in videos:
        for before, after in zip(video.codes[:-1].tolist(), video.codes[1:].tolist(), strict=True):
            if UNLABELED not in (before, after):
                expected[before, after] += 1
    np.testing.assert_array_equal(count_transitions(videos, K), expected)


def test_smoothing_is_what_counting_all_paths_gives(study):
    evidence, _, _ = study
    rng = np.random.default_rng(1)
    score = rng.normal(size=(5, K))
    counts = evidence.transitions.numpy() + 0.5
    follows = counts / counts.sum(axis=1, keepdims=True)
    marginal = np.zeros((5, K))
    for path in product(range(K), repeat=5):
        weight = evidence.prior[path[0]] * np.exp(sum(score[t, k] for t, k in enumerate(path)))
        for before, after in pairwise(path):
            weight *= follows[before, after]
        for t, k in enumerate(path):
            marginal[t, k] += weight
    np.testing.assert_allclose(
        np.exp(smooth(score, evidence)), marginal / marginal.sum(axis=1, keepdims=True), rtol=1e-6
    )


@settings(max_examples=10, deadline=None)
@given(sharpness=st.floats(0.3, 3))
def test_calibration_finds_how_sure_it_should_be(sharpness):
    rng = np.random.default_rng(2)
    true = rng.dirichlet([4, 2, 1], 4000)
    codes = [int(rng.choice(K, p=p)) for p in true]
    evidence = Evidence.collect(Task([make_video(codes)], [make_video(codes)], K, 0), [true])
    fitted, bias = calibrate(np.log(np.maximum(true, 1e-12)) / sharpness, evidence)
    assert fitted == pytest.approx(sharpness, rel=0.1)
    assert abs(bias) < 0.3


def test_context_makes_fewer_errors(study):
    evidence, said, codes = study
    smoothed = decode(said, evidence, DecodingOptions(smoothing="hmm"))
    before, after = ((p.argmax(axis=1) == codes).mean() for p in (said, smoothed))
    assert before < 0.8 < 0.9 < after
    np.testing.assert_allclose(smoothed.sum(axis=1), 1, rtol=1e-5)


def test_each_aim_is_met(study):
    evidence, said, codes = study
    common = codes[:, None] == np.arange(K)

    def measure(aim):
        decoded = decode(said, evidence, DecodingOptions(aim=aim))
        right = decoded.argmax(axis=1) == codes
        return right.mean(), np.mean([right[of].mean() for of in common.T]), decoded

    frames, behaviors = measure("frames"), measure("behaviors")
    assert frames[0] > behaviors[0] and behaviors[1] > frames[1]
    ratio = frames[2] / (behaviors[2] * evidence.prior)  # the same for all behaviors of a clip
    np.testing.assert_allclose(ratio, np.repeat(ratio[:, :1], K, axis=1), rtol=1e-3)


def test_nothing_wanted_is_nothing_done(study):
    evidence, said, _ = study
    assert decode(said, evidence, DecodingOptions()) is said


def test_a_behavior_without_labels_does_no_harm():
    rng = np.random.default_rng(3)
    codes = rng.integers(0, K - 1, 300).repeat(10).tolist()
    task = Task([make_video(codes)], [make_video(codes)], K, 0)
    evidence = Evidence.collect(task, [say(rng, codes)])
    for smoothing, aim in product(("none", "hmm"), ("frames", "behaviors")):
        decoded = decode(say(rng, codes), evidence, DecodingOptions(smoothing=smoothing, aim=aim))
        assert np.isfinite(decoded).all()


def test_it_lies_beside_the_model_and_comes_back(study):
    evidence, _, _ = study
    found, own = Evidence.split({"weight": torch.ones(2), **evidence.dump()})
    assert list(own) == ["weight"]
    assert all(torch.equal(getattr(found, name), value) for name, value in vars(evidence).items())


def test_what_is_tried_covers_no_trust_to_full_trust():
    assert min(TRUST) < 0.05 and max(TRUST) == 1 and {0, 1} <= set(LEARNED_PRIOR)
