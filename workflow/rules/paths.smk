# Where results lie, by video, fold, method and convnet. {net} is the folder of a fold's own convnet, or nothing
# where one convnet serves all folds.

# The convnets, and how many frames each looks at: a clip, or one frame by a 2-D convnet.
CONVNETS = {"convnet": EXPERIMENT.geometry.length, "convnet-2d": 1}
DESCRIPTORS = {
    made.store: made.learned
    for made in REPRESENTATIONS.values()
    if made.learned in CONVNETS
}
LABELS = "results/annotations/annotator_1/{video}.parquet"
LEAKAGE = "results/evaluation/leakage.tsv"
LEAVES_OUT_SHARED = (
    EXPERIMENT.balance.leave_out_shared and EXPERIMENT.convnet.trained_on == "clips"
)
TRAINED = [name for name, method in METHODS.items() if method.model]
UNTRAINED = [name for name in METHODS if name not in TRAINED]
OWNERS = [name for name in TRAINED if not METHODS[name].model_of]
MODEL = "results/models/{method}/{net}{fold}/model.safetensors"
HISTORY = "results/models/{method}/{net}{fold}/history.tsv"
# The videos that one job predicts.
BATCHES = [list(VIDEOS)[start : start + 50] for start in range(0, len(VIDEOS), 50)]


def kept(folder, paths):
    """Return those of a folder's results on request that someone asked for once: runs keep them up to date."""
    made = set(map(str, Path(folder).glob("**/*.*")))
    return [path for path in paths if path in made]


def net_of(fold):
    """Name the convnet of a fold: a folder of its own, or none where one convnet serves all folds."""
    return f"{fold}/" if EXPERIMENT.convnet.trained_on == "fold" else ""


def owner_of(method):
    """Name the method whose model a method predicts with: its own, or another that it shares."""
    return METHODS[method].model_of or method


def name_model(path, method, fold):
    """Name a file of a method's model for a fold."""
    return path.format(method=owner_of(method), net=net_of(fold), fold=fold)


def name_features(representation, videos, net):
    """Name the stores of a representation, which may be those of a fold."""
    made = REPRESENTATIONS[representation]
    folder = net if made.learned else ""
    return [f"results/features/{made.store}/{folder}{video}.zarr" for video in videos]


def name_learned(method, net):
    """Name what was learned before the method's representations could be made, as a convnet."""
    used = [REPRESENTATIONS[one].learned for one in METHODS[method].representations]
    return [
        f"results/{learned}/{net}model.safetensors"
        for learned in dict.fromkeys(filter(None, used))
    ]


def name_method_features(method, videos, net):
    """Name the stores that a method looks at: of one representation, then of the next."""
    return [
        store
        for representation in METHODS[method].representations
        for store in name_features(representation, videos, net)
    ]


def fold_of(wildcards):
    """Return a fold of a method, or what learns from all videos."""
    return FOLDS_OF[wildcards.method].get(wildcards.fold, EVERYTHING)


def learned_videos(wildcards):
    """Name the videos that train a fold's model, then those that stop the training."""
    return [*fold_of(wildcards).training, *fold_of(wildcards).validation]


def settling_folds(path):
    """Name a file of each fold, for what learns from all videos; none for a fold."""

    def name(wildcards):
        if wildcards.fold in FOLDS:
            return []
        return [name_model(path, wildcards.method, fold) for fold in FOLDS]

    return name


def training_videos(net):
    """Name the videos that a fold's own convnet learns from; none where it learns from clips."""
    return TRAINING[net.rstrip("/")].training if net else []


def name_stores(wildcards):
    """Name the stores that a convnet's clips are cut from."""
    if wildcards.net:
        return expand(
            "results/frames/{video}.zarr", video=training_videos(wildcards.net)
        )
    return expand("results/clips/{folder}.zarr", folder=FOLDERS)


def list_checked_stores(wildcards):
    """Name the parts of the check that a convnet's clips are cut from."""
    return [
        store.removeprefix("results/").removesuffix(".zarr")
        for store in name_stores(wildcards)
    ]


def name_exports(form):
    """Name what a form makes of all videos of a method."""
    return [
        f"results/exports/{{method}}/{video}{ending}"
        for ending in FORMS[form]
        for video in VIDEOS
    ]


def name_predictions(wildcards):
    """Name a method's predictions, one file a video."""
    return expand(
        "results/predictions/{method}/{video}.parquet",
        method=wildcards.method,
        video=VIDEOS,
    )


def name_said(wildcards):
    """Name what annotators and methods say of a video."""
    video = wildcards.video
    annotators = [one for one in ANNOTATORS if one in VIDEOS[video].annotations]
    return {
        "annotations": [
            f"results/annotations/{one}/{video}.parquet" for one in annotators
        ],
        "predictions": [
            f"results/predictions/{one}/{video}.parquet" for one in METHODS
        ],
    }


def list_annotated(wildcards):
    """Name what annotating makes; without videos there is nothing to make."""
    if not NEW_VIDEOS:
        raise WorkflowError(
            "annotated: found no videos; say which, and by which bundle: --config"
            " annotate='{videos: FOLDER, bundle: FILE}'"
        )
    return expand("results/annotated/{new_video}.parquet", new_video=NEW_VIDEOS)


def name_bundled(wildcards):
    """Name the model that a bundle holds, if its method has one; refuse what cannot be bundled, untrained."""
    method = METHODS[wildcards.method]
    kind = method.model.kind if method.model else None
    try:
        refuse_unbundled(
            wildcards.method, method.representations, kind, method.labeled_videos
        )
    except HomecageError as error:
        raise WorkflowError(str(error)) from None
    return [name_model(MODEL, wildcards.method, EVERYTHING.name)] if kind else []


wildcard_constraints:
    convnet=one_of(CONVNETS),
    net=one_of({net_of(fold) for fold in TRAINING}) + "|",
