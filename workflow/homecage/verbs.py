"""The verbs of the command line: the function behind each one.

Functions are named, not imported: a rule depends on the modules its own verb imports, and on no others.
"""

COMMANDS: dict[str, str] = {
    "new": "homecage.new:new_study",
    "check": "homecage.check.command:check",
}
"""What people type, and no rule runs: what they cannot leave out may stand without a name."""

VERBS: dict[str, str] = {
    "write-reference": "homecage.reference:write_reference",
    "check-configuration": "homecage.config:check_configuration",
    "simulate": "homecage.simulate.dataset:simulate",
    "simulate-video": "homecage.simulate.videos:simulate_video",
    "simulate-annotation": "homecage.simulate.annotation:simulate_annotation",
    "simulate-clips": "homecage.simulate.clips:simulate_clips",
    "write-notice": "homecage.simulate.dataset:write_notice",
    "simulate-truth": "homecage.simulate.truth:simulate_truth",
    "decode-video": "homecage.frames.store:decode_video",
    "decode-clips": "homecage.frames.store:decode_clips",
    "check-study": "homecage.check.check:check_study",
    "import-annotation": "homecage.annotations.imports:import_annotation",
    "balance-clips": "homecage.clips.balance:balance_clips",
    "train-convnet": "homecage.convnet.train:train_convnet",
    "extract-fc6": "homecage.features.fc6:extract_fc6",
    "extract-motion": "homecage.features.motion:extract_motion",
    "learn-templates": "homecage.features.templates:learn_templates",
    "extract-jhuang": "homecage.features.jhuang:extract_jhuang",
    "learn-vocabulary": "homecage.features.vocabulary:learn_vocabulary",
    "extract-cuboids": "homecage.features.cuboids:extract_cuboids",
    "extract-encoder": "homecage.features.encoder:extract_encoder",
    "train-model": "homecage.sequence.train:train_model",
    "predict-model": "homecage.sequence.predict:predict_model",
    "predict-representation": "homecage.features.predict:predict_representation",
    "predict-human": "homecage.annotations.imports:predict_human",
    "evaluate-predictions": "homecage.evaluate.evaluate:evaluate_predictions",
    "list-bouts": "homecage.evaluate.bouts:list_bouts",
    "count-behaviors": "homecage.evaluate.distribution:count_behaviors",
    "state-ceiling": "homecage.evaluate.ceiling:state_ceiling",
    "review-predictions": "homecage.evaluate.review:review_predictions",
    "audit-leakage": "homecage.evaluate.leakage:audit_leakage",
    "measure-learning": "homecage.evaluate.learning:measure_learning",
    "summarize-seeds": "homecage.evaluate.seeds:summarize_seeds",
    "compare-runs": "homecage.evaluate.seeds:compare_runs",
    "write-accuracy": "homecage.report.table:write_accuracy",
    "write-report": "homecage.report.page:write_report",
    "plot-distribution": "homecage.report.distribution:plot_distribution",
    "plot-recall": "homecage.report.recall:plot_recall",
    "plot-confusion": "homecage.report.confusion:plot_confusion",
    "plot-ethogram": "homecage.report.ethogram:plot_ethogram",
    "plot-reliability": "homecage.report.reliability:plot_reliability",
    "plot-boundary": "homecage.report.boundary:plot_boundary",
    "plot-learning": "homecage.report.learning:plot_learning",
    "plot-review": "homecage.report.review:plot_review",
    "plot-training": "homecage.report.training:plot_training",
    "export-tables": "homecage.deliver.tables:export_tables",
    "export-video-tables": "homecage.deliver.tables:export_video_tables",
    "export-frames": "homecage.deliver.frame_by_frame:export_frames",
    "export-boris": "homecage.deliver.boris:export_boris",
    "export-one-hot": "homecage.deliver.one_hot:export_one_hot",
    "export-nwb": "homecage.deliver.nwb:export_nwb",
    "export-overlay": "homecage.deliver.overlay:export_overlay",
    "make-bundle": "homecage.deliver.bundle:make_bundle",
    "describe-bundle": "homecage.deliver.card:describe_bundle",
    "copy-video": "homecage.viewer.copy:copy_video",
    "view-video": "homecage.viewer.page:view_video",
    "draw-contact-sheets": "homecage.viewer.contact:draw_contact_sheets",
    "annotate": "homecage.deliver.annotate:annotate",
    "measure-animals": "homecage.analyze.animals:measure_animals",
    "compare-groups": "homecage.analyze.compare:compare_groups",
    "bin-recordings": "homecage.analyze.bins:bin_recordings",
    "fit-rhythms": "homecage.analyze.rhythms:fit_rhythms",
    "plot-groups": "homecage.analyze.draw_groups:plot_groups",
    "plot-transitions": "homecage.analyze.draw_transitions:plot_transitions",
    "plot-ethograms": "homecage.analyze.draw_ethograms:plot_ethograms",
    "plot-actogram": "homecage.analyze.draw_actogram:plot_actogram",
    "plot-hours": "homecage.analyze.draw_hours:plot_hours",
}


FOR_PEOPLE = (
    *COMMANDS,
    *(
        "annotate",
        "describe-bundle",
        "check-configuration",
        "summarize-seeds",
        "compare-runs",
        "simulate",
    ),
)
"""What people type, whether a rule runs it or not; in the order in which they come to need it."""


def module_of(verb: str) -> str:
    """Return the module that a verb's function is in."""
    return (COMMANDS | VERBS)[verb].partition(":")[0]
