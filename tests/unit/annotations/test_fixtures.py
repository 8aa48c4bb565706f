"""Files of other people's projects: counts of bouts, and some bouts worked out by hand.

A time is ``round(time * rate)``, which these frames agree with, except for times half way between two.
"""

from collections import Counter

import pytest
from tests.unit.annotations.conftest import find_fixture, list_bouts, list_problems

BORIS = "s r"
RATS = "Swim Float Balance SideClimb Spin Turn PushOff VerticalSwimming"
REARS = "Supported Unsupported Grooming"
CRIM = "social nonsocial aggression clinch lateralthreat keepdown"
GAIT = [f"{limb}_{phase}" for limb in ("FL", "FR", "HL", "HR") for phase in ("stance", "swing")]
UNKNOWN_GAIT = tuple(f"{limb}_unknown" for limb in ("FL", "FR", "HL", "HR"))
SECOND = {"observation": "observation #2", "subject": "no focal subject"}
AT_30 = {"rate_fps": 30}
V180 = {"video": ("video_test_25fps_180s",)}
V360 = {"video": ("video_test_25fps_360s",)}
PROJECT = "boris_project/test.boris"
TABULAR = "boris_tabular_new/v10.0.2_observation_2.tsv"
AGGREGATED = "boris_aggregated/v10.0.2_three_observations.csv"


@pytest.mark.parametrize(
    ("name", "asked", "form", "counts", "some"),
    [
        (
            PROJECT,
            {"behaviors": BORIS, "observation": "observation #1", "subject": "subject1"},
            "BORIS project",
            {"s": 3},
            {(82, 194, "s"), (247, 405, "s"), (459, 612, "s")},
        ),
        # Two videos in a row: what is after 179.96 s is of the second.
        (
            PROJECT,
            {"behaviors": BORIS, **SECOND, **V180},
            "BORIS project",
            {"s": 3},
            {(45, 203, "s"), (256, 584, "s"), (669, 787, "s")},
        ),
        (
            PROJECT,
            {"behaviors": BORIS, **SECOND, **V360, "n_frames": 8999},
            "BORIS project",
            {"s": 3},
            {(1195, 1838, "s"), (1884, 2029, "s"), (3096, 3195, "s")},
        ),
        (
            PROJECT,
            {"behaviors": BORIS, "observation": "modifiers"},
            "BORIS project",
            {"r": 2},
            {(479, 699, "r"), (761, 1021, "r")},
        ),
        (
            PROJECT,
            {"behaviors": BORIS, "observation": "live not paired"},
            "BORIS project",
            {"s": 4},
            {(68, 262, "s"), (672, 4499, "s")},
        ),
        (
            "boris_tabular_old/test_export_events_tabular.csv",
            {"behaviors": BORIS, "subject": "subject2"},
            "BORIS tabular events",
            {"s": 1},
            {(961, 1152, "s")},
        ),
        (
            "boris_tabular_old/e3v813a_multiple_behaviors.csv",
            {
                "behaviors": "interact mount",
                "n_frames": 10080,
                "rate_fps": 30,
                "priority": ["mount", "interact"],
            },
            "BORIS tabular events",
            {"interact": 15, "mount": 2},
            {(542, 693, "mount"), (512, 663, "interact")},
        ),
        (
            TABULAR,
            {"behaviors": BORIS, **V360, "n_frames": 8999, "subject": "No focal subject"},
            "BORIS tabular events",
            {"s": 3},
            {(1195, 1838, "s")},
        ),
        (
            TABULAR,
            {"behaviors": BORIS, **V180, "subject": "No focal subject"},
            "BORIS tabular events",
            {"s": 3},
            {(45, 203, "s"), (669, 787, "s")},
        ),
        (
            "boris_tabular_new/v10.0.2_modifiers.csv",
            {"behaviors": BORIS},
            "BORIS tabular events",
            {"r": 2},
            {(479, 699, "r"), (761, 1021, "r")},
        ),
        (
            "boris_tabular_new/boris_new_example_first_40_rows.csv",
            {"behaviors": "behavior1 behavior2", "n_frames": 18923, "rate_fps": 59.94},
            "BORIS tabular events",
            {"behavior1": 9, "behavior2": 11},
            {(321, 577, "behavior1"), (670, 703, "behavior2"), (932, 937, "behavior1")},
        ),
        (
            AGGREGATED,
            {"behaviors": BORIS, "observation": "observation #1", "subject": "subject1"},
            "BORIS aggregated events",
            {"s": 3},
            {(82, 194, "s"), (459, 612, "s")},
        ),
        (
            AGGREGATED,
            {"behaviors": BORIS, **SECOND, **V180},
            "BORIS aggregated events",
            {"s": 3},
            {(45, 203, "s")},
        ),
        # By the frames that it has, and one bout of a millisecond is left out.
        (
            "boris_aggregated/gait_events_five_columns.csv",
            {
                "behaviors": GAIT,
                "ignored": UNKNOWN_GAIT,
                "priority": GAIT,
                "n_frames": 425,
                "rate_fps": 247,
            },
            "BORIS aggregated events",
            None,
            {(155, 176, "FL_stance"), (130, 155, "FR_stance"), (176, 200, "FL_swing")},
        ),
        (
            "deepethogram/deep_ethogram_labels_first_697.csv",
            {"behaviors": RATS, "n_frames": 697, "priority": RATS.split()},
            "table of 0 and 1 by frame",
            {"Swim": 11, "VerticalSwimming": 10, "SideClimb": 9, "Turn": 5, "PushOff": 2},
            {(0, 4, "Swim"), (5, 71, "Swim"), (0, 15, "Turn"), (40, 51, "PushOff")},
        ),
        (
            "simba/targets_inserted_Together_1_first_3_frames.csv",
            {"behaviors": "Attack Sniffing", "n_frames": 3},
            "table of 0 and 1 by frame",
            {},
            set(),
        ),
        (
            "bento_annot/bento_example_seconds.annot",
            {
                "behaviors": "attack sniff",
                "n_frames": 19955,
                "rate_fps": 30,
                "priority": ["attack", "sniff"],
            },
            "BENTO",
            {"attack": 131, "sniff": 98},
            {(91, 158, "attack"), (159, 201, "attack")},
        ),
        (
            "caltech_annotator/10_annot.txt",
            {"behaviors": CRIM, "n_frames": 14957, "subject": "S1"},
            "Caltech annotator",
            {"social": 18, "nonsocial": 17, "aggression": 1},
            {(594, 979, "social"), (2852, 2992, "aggression")},
        ),
        (
            "caltech_annotator/10_annot.txt",
            {"behaviors": CRIM, "n_frames": 14957, "subject": "s2"},
            "Caltech annotator",
            {"lateralthreat": 2, "clinch": 2, "keepdown": 1},
            {(2852, 2862, "lateralthreat"), (2978, 2992, "lateralthreat")},
        ),
        (
            "caltech_annotator/29_annot.txt",
            {"behaviors": [*CRIM.split(), "base"], "n_frames": 13393, "subject": "S2"},
            "Caltech annotator",
            {"base": 1},
            {(0, 13393, "base")},
        ),
        (
            "solomon_coder/Together_1_first_27s.csv",
            {"behaviors": "Attack Sniffing", "n_frames": 694},
            "Solomon Coder",
            {"Sniffing": 2, "Attack": 2},
            {(272, 344, "Sniffing"), (344, 580, "Attack"), (675, 694, "Attack")},
        ),
        (
            "interval_csv/8_01_A_190507134142.csv",
            {
                "behaviors": REARS,
                "ignored": ("StartEnd", "_DEFAULT"),
                "n_frames": 15030,
                "annotator": "Oliver",
                "priority": REARS.split(),
            },
            "table of intervals",
            {"Unsupported": 70, "Supported": 65, "Grooming": 7, None: 3},
            {(145, 176, "Supported"), (56, 83, None)},
        ),
    ],
)
def test_a_file_that_is_read(read, name, asked, form, counts, some):
    asked = {"n_frames": 4499, **asked}
    found = read(find_fixture(name), **asked)
    bouts = list_bouts(found)
    assert found.format == form
    if counts is not None:
        assert Counter(behavior for *_, behavior in bouts) == counts
    assert some <= {*bouts}


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        (
            PROJECT,
            {"behaviors": BORIS},
            "holds 12 observations and none is of this video by its name: ",
        ),
        (
            PROJECT,
            {"behaviors": BORIS, **V360},
            "holds 4 observations of this video: 'offset positif', 'offset neg', 'observation #1', ",
        ),
        (
            PROJECT,
            {"behaviors": BORIS, "observation": "observation #1"},
            "holds annotations of 2 subjects: 'subject1' (3 bouts), 'subject2' (1 bout); name one in the "
            "column subject of videos.tsv",
        ),
        (
            PROJECT,
            {"behaviors": BORIS, "observation": "observation 1"},
            "has no observation 'observation 1', which videos.tsv names; it has: 'offset positif', ",
        ),
        (
            PROJECT,
            {"behaviors": BORIS, **SECOND},
            "the observation is of 2 videos, none of which has this video's name: 'video_test_25fps_180s",
        ),
        (
            "boris_project/test_with_leading_trailing_spaces_in_modifiers.boris",
            {"behaviors": BORIS},
            "the file has no bouts that last",
        ),
        (
            "boris_tabular_old/e3v813a_multiple_behaviors.csv",
            {"behaviors": "interact mount", "n_frames": 10080, "rate_fps": 30},
            "the bout 17.075 s to 22.100 s (frames 512-662 from 0) interact overlaps the bout 18.075 s to "
            "23.100 s (frames 542-692 from 0) mount of line 17; ",
        ),
        (
            TABULAR,
            {"behaviors": BORIS, **V180},
            "holds annotations of 3 subjects: 'No focal subject' (6 ",
        ),
        (
            AGGREGATED,
            {"behaviors": BORIS},
            "holds 3 observations and none is of this video by its name: ",
        ),
        (
            "boris_binary_table/v10.0.2_observation_2_No_focal_subject.tsv",
            {"behaviors": BORIS},
            "a table of samples in time, such as the binary table of BORIS: a bout between two samples is",
        ),
        (
            "deepethogram/deep_ethogram_labels_first_697.csv",
            {"behaviors": RATS, "n_frames": 697},
            "the bout frames 0-14 Turn overlaps the bout frames 0-3 Swim of line 2",
        ),
        (
            "deepethogram/deep_ethogram_labels_first_697.csv",
            {"behaviors": RATS, "n_frames": 696, "priority": RATS.split()},
            "697 rows, one a frame, reach beyond the video, which has 696 frames: 1 fewer than the 697 of",
        ),
        (
            "bento_annot/bento_example_seconds.annot",
            {"behaviors": "attack sniff", "n_frames": 19955, "rate_fps": 30},
            "the bout 36.5666666667-36.9 s (frames 1097-1107 from 0) sniff overlaps the bout ",
        ),
        (
            "caltech_annotator/29_annot.txt",
            {"behaviors": CRIM, "n_frames": 13393},
            "holds annotations of 2 subjects: 'S1' (27 bouts), 'S2' (1 bout); ",
        ),
        (
            "interval_csv/8_01_A_190507134142.csv",
            {"behaviors": REARS, "n_frames": 15030},
            "holds annotations of 3 annotators: 'Jin' (131 bouts), 'Furkan' (133 bouts), 'Oliver' (145 "
            "bouts); name one in the column annotator_1_name of videos.tsv",
        ),
        (
            "interval_csv/8_01_A_190507134142.csv",
            {"behaviors": REARS, "n_frames": 15030, "annotator": "Oliver"},
            "2 unknown behaviors: '_DEFAULT' (nearest: 'supported'), 'StartEnd' (nearest: 'supported'); ",
        ),
    ],
)
def test_a_file_that_is_refused(read, name, asked, message):
    problems = list_problems(read(find_fixture(name), **{"n_frames": 4499, **asked}))
    assert message in problems[0]
    if video := asked.get("video"):
        assert problems[0].startswith(f"for the video {video[0]!r}: ")
