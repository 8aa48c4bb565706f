"""Models that are no networks: what they share, and the CRF."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from homecage.sequence import crf, svm
from homecage.sequence.classical import apply_scale, fit_scale, list_labeled, measure
from homecage.sequence.models import Task
from homecage.sequence.options import CrfOptions, SvmOptions
from homecage.sequence.sequences import Sequence


def make_sequence(codes, x=None, video="a"):
    codes = torch.tensor(codes)
    x = torch.zeros(len(codes), 1) if x is None else torch.from_numpy(np.asarray(x))
    return Sequence(video, x.half(), codes)


def make_task(n_videos=4, n_clips=300, noise=2.0, width=3, seed=0, unlabeled=()):
    """Videos of bouts of 20 clips of behaviors 0 and 2, seen through noise; 1 never occurs."""
    rng = np.random.default_rng(seed)
    videos = []
    for video in range(n_videos):
        codes = rng.choice([0, 2], n_clips // 20).repeat(20)
        x = 100 + 5 * (rng.normal(size=(n_clips, width)) * noise + (codes[:, None] - 1))
        codes[[*unlabeled]] = -1
        videos.append(make_sequence(codes.tolist(), x, str(video)))
    return Task(videos[:-1], videos[-1:], n_behaviors=3, seed=0)


def test_numbers_come_to_one_scale_by_the_labeled_training_clips():
    x = np.array([[1.0, 5, 0], [3, 5, 0], [900, 900, 1]])
    sequence = make_sequence([0, 1, -1], x)
    scaled = apply_scale(fit_scale([sequence]), sequence.x[:2])
    np.testing.assert_allclose(scaled, [[-1, 0, 0], [1, 0, 0]])


def test_components_are_uncorrelated_and_of_one_size():
    task = make_task(width=5)
    x = np.concatenate([apply_scale(fit_scale(task.training, 2), s.x) for s in task.training])
    assert x.shape == (900, 2)
    np.testing.assert_allclose(np.cov(x.T), np.eye(2), atol=1e-3)
    assert "axes" not in fit_scale(task.training, 5)


def test_labeled_stretches_are_those_between_unlabeled_clips():
    found = list_labeled([make_sequence([-1, 0, 1, -1, -1, 2]), make_sequence([1, 1], video="b")])
    rows = [*found.itertuples(index=False, name=None)]
    assert rows == [("a", 1, 3, 1), ("a", 5, 6, 1), ("b", 0, 2, 1)]


def test_the_loss_is_over_labeled_clips():
    probability = np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]], np.float32)
    loss, accuracy = measure([make_sequence([-1, 1, 1])], lambda x: probability)
    assert loss == pytest.approx(-np.log([0.1, 0.8]).mean()) and accuracy == 0.5


@pytest.mark.parametrize("components", [None, 2])
def test_the_crf_uses_what_comes_before_and_after(components):
    task = make_task()
    fitted = crf.fit(task, CrfOptions(components=components, regularization=1), None)
    held_out = task.validation[0]
    probability = crf.score(fitted.tensors, fitted.shape, held_out.x)
    assert probability.shape == (300, 3) and (probability[:, 1] == 0).all()
    np.testing.assert_allclose(probability.sum(1), 1, rtol=1e-5)
    codes = held_out.codes.numpy()
    accuracy = (probability.argmax(1) == codes).mean()
    x, y = (torch.cat([getattr(s, key) for s in task.training]).numpy() for key in ("x", "codes"))
    alone = LogisticRegression().fit(x, y).score(held_out.x.numpy(), codes)
    assert accuracy > 0.95 > alone + 0.1
    row = fitted.history.iloc[0]
    assert row["validation_accuracy"] == pytest.approx(accuracy) and row["best"] == 1
    assert row["validation_loss"] < 0.3


def test_the_crf_learns_nothing_from_unlabeled_or_validation_clips():
    task = make_task(unlabeled=range(100, 150))
    one = crf.fit(task, CrfOptions(), None)
    for sequence in task.training:
        sequence.x[100:150] = -1000
    other = crf.fit(Task(task.training, make_task(seed=1).validation, 3, 0), CrfOptions(), None)
    assert one.tensors.keys() == other.tensors.keys()
    assert all(torch.equal(one.tensors[name], other.tensors[name]) for name in one.tensors)
    assert [*one.plan.columns] == ["video", "start", "copies"] and len(one.plan) == 6


@pytest.mark.parametrize("balanced", [False, True])
def test_the_svm_judges_each_clip_by_itself(balanced):
    task = make_task(noise=0.5, width=2)
    fitted = svm.fit(task, SvmOptions(balanced=balanced, penalty=1), None)
    held_out = task.validation[0]
    probability = svm.score(fitted.tensors, fitted.shape, held_out.x)
    assert (probability.argmax(1) == held_out.codes.numpy()).mean() > 0.95
    np.testing.assert_allclose(probability.sum(1), 1, rtol=1e-5)
    assert (probability[:, 1] == 0).all()
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0))
    shuffled = svm.score(fitted.tensors, fitted.shape, held_out.x[order])
    np.testing.assert_allclose(shuffled, probability[order.numpy()], rtol=1e-5)


def test_the_svms_scores_are_scikit_learns():
    task = make_task(noise=1.0)
    for sequence in task.training:
        sequence.codes[:50] = 1
    fitted = svm.fit(task, SvmOptions(every=1), None)
    x, codes = (torch.cat([getattr(s, k) for s in task.training]) for k in ("x", "codes"))
    scaled = apply_scale(fitted.tensors, x)
    machine = LinearSVC(C=0.003, dual=False, tol=1e-2, random_state=0).fit(scaled, codes.numpy())
    found = svm.score(fitted.tensors, fitted.shape, x)
    np.testing.assert_array_equal(found.argmax(1), machine.predict(scaled))


def test_the_temperature_makes_the_least_loss_on_the_validation_videos():
    task = make_task(noise=2.0)
    fitted = svm.fit(task, SvmOptions(), None)
    chosen = float(fitted.tensors["temperature"])
    codes = task.validation[0].codes
    losses = []
    for factor in (0.8, 1, 1.25):
        tensors = {**fitted.tensors, "temperature": torch.tensor(chosen * factor)}
        said = svm.score(tensors, {}, task.validation[0].x)
        losses.append(-np.log(said[np.arange(len(codes)), codes]).mean())
    assert min(losses) == losses[1]
