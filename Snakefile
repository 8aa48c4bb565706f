# The workflow is workflow/Snakefile, where the community's tools look for it too; this one lets `snakemake` in this
# folder, and `snakemake --snakefile FOLDER/Snakefile` elsewhere, find it with its profiles.


include: "workflow/Snakefile"


# A file that is included hands no default target on.
workflow.default_target = rules.all.rule.name
