using System.Text.Json.Serialization;

namespace AlexNetService.Laboratory.Ablate;

/// <summary>The results of <c>alexnet ablate</c>, as in <c>ablation.json</c>. Every table is made from this.</summary>
internal sealed record AblationReport
{
    public const string JsonFile = "ablation.json";

    private const int CurrentFormat = 1;
    private const string MarkdownFile = "ablation.md";
    private const string PlotFile = "ablation.svg";
    private const string Figure1File = "figure1.svg";

    [JsonRequired]
    public int Format { get; init; } = CurrentFormat;

    public required string Preset { get; init; }

    /// <summary>The baseline's recipe, with the common budget.</summary>
    public required TrainingRecipe Recipe { get; init; }
    public required int Seeds { get; init; }
    public required string DataSet { get; init; }
    public required string DataSetSha256 { get; init; }
    public required int TrainingImages { get; init; }
    public required int ValidationImages { get; init; }
    public required string Devices { get; init; }
    public required int Threads { get; init; }

    /// <summary>Whether it contains every run of the plan.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>One row a variant, the baseline first.</summary>
    public required IReadOnlyList<AblationRow> Rows { get; init; }

    /// <summary>Ten crops against one for the baseline's networks, or null without a baseline.</summary>
    public CropsRow? Crops { get; init; }

    public required IReadOnlyList<EnsembleRow> Ensembles { get; init; }

    /// <summary>Figure 1, or null if it was not requested or is not done.</summary>
    public Figure1Report? Figure1 { get; init; }

    public required IReadOnlyList<RunOutcome> Runs { get; init; }

    /// <summary>Counts the tables of the runs so far; figure 1 is null if it is not done.</summary>
    public static AblationReport Of(
        AblationPlan plan, LabelledPhotographs source, IReadOnlyList<RunOutcome> outcomes, Figure1Report? figure1)
    {
        var (learned, heldOut) = source.Split(plan.Recipe.Share);
        var baseline = outcomes.Where(run => run.Name == AblationVariant.Baseline.Name).ToArray();
        return new AblationReport
        {
            Preset = plan.Preset,
            Recipe = plan.Recipe,
            Seeds = plan.Seeds,
            DataSet = source.Name,
            DataSetSha256 = source.Sha256,
            TrainingImages = learned.Count,
            ValidationImages = heldOut.Count,
            Devices = plan.Devices,
            Threads = plan.Threads,
            IsComplete = outcomes.Count == plan.Count,
            Rows =
            [
                .. plan.Variants
                    .Select(variant => (Variant: variant, Runs: outcomes.Where(run => run.Name == variant.Name).ToArray()))
                    .Where(row => row.Runs.Length > 0)
                    .Select(row => AblationRow.Of(row.Variant, row.Runs, baseline)),
            ],
            Crops = CropsRow.Of(baseline),
            Ensembles = EnsembleRow.Of(
            [
                .. plan.OfVariants()
                    .Where(planned => baseline.Any(run => run.TenCrops is not null && run.Name == planned.Name && run.Seed == planned.Seed))
                    .Select(planned => HeldOutAnswers.Read(planned.Folder, source.Labels)),
            ]),
            Figure1 = figure1,
            Runs = [.. outcomes],
        };
    }

    /// <summary>Writes JSON, Markdown and charts, each file whole or not at all.</summary>
    public void Write(string folder)
    {
        WholeFile.Write(Path.Combine(folder, JsonFile), JsonSerializer.SerializeToUtf8Bytes(this, LaboratoryJson.Default.AblationReport));
        WholeFile.Write(Path.Combine(folder, MarkdownFile), AblationSection.Markdown(this));
        if (Rows.Count > 0)
        {
            WholeFile.Write(Path.Combine(folder, PlotFile), AblationPlots.Errors(Rows));
        }

        if (Figure1 is { } figure1)
        {
            WholeFile.Write(Path.Combine(folder, Figure1File), AblationPlots.Figure1(figure1, Runs));
        }
    }

    public static AblationReport Read(string folder)
    {
        var path = Path.Combine(folder, JsonFile);
        try
        {
            var report = JsonSerializer.Deserialize(File.ReadAllBytes(path), LaboratoryJson.Default.AblationReport);
            return report is { Format: CurrentFormat }
                ? report
                : throw new InputException($"'{path}' has another format. Run 'alexnet ablate' into '{folder}' again.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"'{folder}' holds no {JsonFile}. Name the folder that 'alexnet ablate --output' wrote.");
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"'{path}' cannot be read ({e.Message}) Run 'alexnet ablate' into '{folder}' again; it does not repeat finished runs.");
        }
    }
}

/// <summary>A variant over its seeds.</summary>
/// <param name="Diverged">Seeds whose loss became NaN or infinite; no mean includes them.</param>
/// <param name="Top1">Top-1 error on the held-out photographs, ten crops, 0 to 1; null if all diverged.</param>
/// <param name="OneCropTop1">The same with the centre crop.</param>
/// <param name="TrainingError">Top-1 error of the last epoch's training crops: random and with dropout if the variant has both.</param>
/// <param name="Top1Difference">Top-1 error, ten crops, minus the baseline's; null for the baseline.</param>
internal sealed record AblationRow(
    string Variant,
    long Parameters,
    int Diverged,
    Spread? Top1,
    Spread? Top5,
    Spread? OneCropTop1,
    Spread? OneCropTop5,
    Spread? TrainingError,
    Spread? Seconds,
    Difference? Top1Difference,
    Difference? Top5Difference)
{
    public static AblationRow Of(AblationVariant variant, IReadOnlyList<RunOutcome> runs, IReadOnlyList<RunOutcome> baseline)
    {
        var isBaseline = variant == AblationVariant.Baseline;
        var (top1, top5) = (Errors(runs, run => run.TenCrops?.Top1), Errors(runs, run => run.TenCrops?.Top5));
        return new AblationRow(
            variant.Name,
            runs[0].Parameters,
            runs.Count(run => run.Diverged),
            top1,
            top5,
            Errors(runs, run => run.OneCrop?.Top1),
            Errors(runs, run => run.OneCrop?.Top5),
            Errors(runs, run => run.Diverged ? null : run.Epochs[^1].TrainingTop1Error),
            Errors(runs, run => run.Diverged ? null : run.Seconds()),
            isBaseline ? null : Difference.Of(top1, Errors(baseline, run => run.TenCrops?.Top1)),
            isBaseline ? null : Difference.Of(top5, Errors(baseline, run => run.TenCrops?.Top5)));
    }

    private static Spread? Errors(IEnumerable<RunOutcome> runs, Func<RunOutcome, double?> value) =>
        Spread.Of([.. runs.Select(value).OfType<double>()]);
}

/// <summary>Errors with ten crops minus those with one, 0 to 1, with the same networks.</summary>
internal sealed record CropsRow(Difference Top1, Difference Top5)
{
    public static CropsRow? Of(IEnumerable<RunOutcome> runs)
    {
        var pairs = runs
            .Select(run => run is { OneCrop: { } one, TenCrops: { } ten } ? new ErrorPair(ten.Top1 - one.Top1, ten.Top5 - one.Top5) : null)
            .OfType<ErrorPair>()
            .ToArray();
        var top1 = Difference.OfPairs([.. pairs.Select(pair => pair.Top1)]);
        var top5 = Difference.OfPairs([.. pairs.Select(pair => pair.Top5)]);
        return top1 is null || top5 is null ? null : new CropsRow(top1, top5);
    }
}
