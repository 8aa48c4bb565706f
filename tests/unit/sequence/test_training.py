import numpy as np
import pytest
import torch
import torch.nn.functional as F

from homecage.errors import ConfigError
from homecage.sequence.lstm import Lstm
from homecage.sequence.models import Task
from homecage.sequence.options import LstmOptions
from homecage.sequence.sequences import Sequence
from homecage.sequence.training import Training, check_learned, choose_training_precision
from homecage.storage.frame_tables import UNLABELED

K = 8


def make_training(seed=0, **options):
    torch.manual_seed(seed)
    network = Lstm(descriptor=3, behaviors=K, layers=2, units=5, dropout=0.3)
    return Training(network, torch.ones(K), LstmOptions(**options))


def make_video(n_clips, behaviors=range(-1, K)):
    rng = np.random.default_rng(n_clips)
    codes = torch.from_numpy(rng.choice(list(behaviors), n_clips))
    return Sequence(str(n_clips), torch.from_numpy(rng.random((n_clips, 3))).half(), codes)


def test_unlabeled_clips_do_not_count_in_the_loss():
    logits = torch.randn(10, K)
    codes = torch.tensor([1, 2, UNLABELED, 3, UNLABELED, 0, UNLABELED, 7, 7, 1])
    labeled = codes != UNLABELED
    expected = F.cross_entropy(logits[labeled], codes[labeled])
    torch.testing.assert_close(make_training().measure_loss(logits, codes), expected)


def test_validation_scores_whole_videos_and_counts_their_labeled_clips():
    run = make_training()
    run.weights = torch.arange(1.0, K + 1)
    videos = [make_video(40), make_video(15)]
    run.step(torch.rand(2, 4, 3), torch.zeros(2, 4, dtype=torch.long))
    run.end_epoch(videos)
    total = weight = correct = labeled = 0.0
    network = run.network.eval()
    for video in videos:
        with torch.inference_mode():
            probability = F.softmax(network(video.x[None].float())[0], dim=1)
        for p, code in zip(probability, video.codes.tolist(), strict=True):
            if code != UNLABELED:
                total -= float(run.weights[code] * p[code].log())
                weight += float(run.weights[code])
                correct += int(p.argmax()) == code
                labeled += 1
    assert run.rows[0]["validation_loss"] == pytest.approx(total / weight, rel=1e-5)
    assert run.rows[0]["validation_accuracy"] == pytest.approx(correct / labeled)


def test_it_keeps_the_best_epoch_and_stops_when_no_other_is_better():
    run = make_training(patience=2, epochs=9)
    bias = run.network.output.bias
    video = make_video(20, behaviors=[0])
    for sureness in (1, 5, 2, 3):  # of behavior 0, which is the truth
        assert not run.done
        run.step(torch.rand(2, 4, 3), torch.zeros(2, 4, dtype=torch.long))
        with torch.no_grad():
            bias.zero_()[0] = sureness
        run.end_epoch([video])
    assert run.done and run.best_epoch == 2
    assert run.best_weights["output.bias"][0] == 5
    run = make_training(patience=2, epochs=1)
    run.step(torch.rand(2, 4, 3), torch.zeros(2, 4, dtype=torch.long))
    run.end_epoch([video])
    assert run.done


def test_every_epoch_takes_each_window_once_in_another_order():
    run = make_training(batch_size=4)
    orders = []
    for _ in range(2):
        batches = run.shuffle(10)
        assert [len(batch) for batch in batches] == [4, 4, 2]
        run.step(torch.rand(1, 4, 3), torch.zeros(1, 4, dtype=torch.long))
        assert [batch.tolist() for batch in run.shuffle(10)] == [b.tolist() for b in batches[1:]]
        orders.append(torch.cat(batches).tolist())
        run.end_epoch([make_video(20)])
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))
    assert orders[0] != orders[1]


def test_gradients_are_scaled_down_to_the_norm():
    run = make_training(gradient_norm=1e-3)
    run.step(torch.rand(2, 4, 3), torch.zeros(2, 4, dtype=torch.long))
    gradients = [parameter.grad for parameter in run.network.parameters()]
    assert float(torch.nn.utils.get_total_norm(gradients)) == pytest.approx(1e-3, rel=0.01)


def test_a_scaled_loss_takes_the_same_steps():
    def train(scaled, restart=False):
        run = make_training(gradient_norm=0.1)
        if scaled:
            run.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**7, growth_interval=2)
        for seed in range(4):
            if restart and seed == 3:
                state, before = run.capture(), run
                run = make_training(seed=9, gradient_norm=0.1)
                run.scaler = torch.amp.GradScaler("cpu")
                run.restore(state)
                assert run.scaler.get_scale() == before.scaler.get_scale() == 2.0**8
            x = torch.rand(2, 6, 3, generator=torch.Generator().manual_seed(seed))
            run.step(x, torch.arange(12).view(2, 6) % K)
        return run.network.state_dict()

    plain = train(scaled=False)
    for weights in (train(scaled=True), train(scaled=True, restart=True)):
        assert all(torch.equal(weights[name], plain[name]) for name in plain)


@pytest.mark.parametrize("fast", [True, False])
def test_half_precision_is_float16_on_gpus_and_bfloat16_on_cpus_that_are_fast_in_it(
    monkeypatch, fast
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": fast})
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    choose, cpu, gpu = choose_training_precision, torch.device("cpu"), torch.device("cuda")
    assert choose("auto", cpu) == (torch.bfloat16 if fast else torch.float32)
    assert choose("bfloat16", cpu) == torch.bfloat16
    assert choose("float32", cpu) == choose("float32", gpu) == torch.float32
    assert choose("auto", gpu) == choose("float16", gpu) == torch.float16
    with pytest.raises(ConfigError, match=r"found float16 on a CPU; expected .* bfloat16"):
        choose("float16", cpu)
    with pytest.raises(ConfigError, match=r"found bfloat16 on a GPU; expected .* float16"):
        choose("bfloat16", gpu)


def test_a_network_that_learned_nothing_is_refused():
    codes = torch.arange(4000) % 4
    signs = torch.nn.functional.one_hot(codes, 4).half()
    right, blind = (Sequence(name, x, codes) for name, x in (("a", signs), ("b", signs * 0)))
    network = torch.nn.Linear(4, 4)
    torch.nn.init.eye_(network.weight)
    run = Training(network, torch.ones(4), LstmOptions())
    check_learned(run, Task([right], [right], 4, seed=0))
    with pytest.raises(ConfigError, match=r"knows 25\.0 % of the clips .*4 behaviors"):
        check_learned(run, Task([blind], [right], 4, seed=0))
    short = Sequence("c", signs[:200] * 0, codes[:200])  # too few clips to tell
    check_learned(run, Task([short], [right], 4, seed=0))
