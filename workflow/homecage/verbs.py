"""The verbs of the command line: the function behind each one.

Functions are named, not imported: a rule depends on the modules its own verb imports, and on no others.
"""

VERBS: dict[str, str] = {
    "write-schema": "homecage.config:write_schema",
    "simulate": "homecage.simulate.dataset:simulate",
    "simulate-video": "homecage.simulate.videos:simulate_video",
    "simulate-annotation": "homecage.simulate.annotation:simulate_annotation",
    "simulate-clips": "homecage.simulate.clips:simulate_clips",
    "write-notice": "homecage.simulate.dataset:write_notice",
    "inspect-videos": "homecage.frames.inspect:inspect_videos",
    "check-dataset": "homecage.check.check:check_dataset",
    "decode-video": "homecage.frames.store:decode_video",
    "decode-clips": "homecage.frames.store:decode_clips",
    "import-annotation": "homecage.annotations.imports:import_annotation",
    "balance-clips": "homecage.clips.balance:balance_clips",
    "train-convnet": "homecage.convnet.train:train_convnet",
    "extract-features": "homecage.features.extract:extract_features",
    "train-fold": "homecage.sequence.train:train_fold",
    "predict-lstm": "homecage.sequence.predict:predict_lstm",
    "predict-convnet": "homecage.features.predict:predict_convnet",
    "predict-human": "homecage.annotations.imports:predict_human",
    "evaluate-predictions": "homecage.evaluate.evaluate:evaluate_predictions",
    "list-bouts": "homecage.evaluate.bouts:list_bouts",
    "count-behaviors": "homecage.evaluate.distribution:count_behaviors",
    "write-table": "homecage.report.table:write_table",
    "plot-distribution": "homecage.report.distribution:plot_distribution",
    "plot-recall": "homecage.report.recall:plot_recall",
    "plot-confusion": "homecage.report.confusion:plot_confusion",
    "plot-ethogram": "homecage.report.ethogram:plot_ethogram",
    "plot-training": "homecage.report.training:plot_training",
}
