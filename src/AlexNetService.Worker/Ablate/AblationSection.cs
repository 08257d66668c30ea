using System.Globalization;

namespace AlexNetService.Worker.Ablate;

/// <summary>A table of a report, as text; the terminal and the Markdown file show the same ones.</summary>
/// <param name="Title">What it is about, a sentence.</param>
/// <param name="Header">Its columns.</param>
/// <param name="Rows">Its cells.</param>
/// <param name="Notes">What one must know to read it.</param>
internal sealed record AblationSection(string Title, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> Notes)
{
    private const string None = "–";

    /// <summary>The tables that a report has something for.</summary>
    public static IReadOnlyList<AblationSection> Of(AblationReport report) =>
    [
        .. report.Rows.Count > 0 ? [Variants(report), Costs(report)] : Array.Empty<AblationSection>(),
        .. report.Crops is { } crops ? [Crops(report, crops)] : Array.Empty<AblationSection>(),
        .. report.Ensembles.Count > 1 ? [Ensembles(report)] : Array.Empty<AblationSection>(),
        .. report.Figure1 is { } figure1 ? [Figure1(figure1)] : Array.Empty<AblationSection>(),
    ];

    /// <summary>The budget in a sentence.</summary>
    public static string Budget(AblationReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Preset} on '{report.DataSet}': {report.TrainingImages} photographs to learn from, {report.ValidationImages} held out, ")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Recipe.Epochs} epochs of batches of {report.Recipe.BatchSize}, rate {report.Recipe.LearningRate} ({report.Recipe.Schedule}), ")
        + $"{Count(report.Seeds, "seed")}, {Count(report.Threads, "thread")}, {report.Recipe.Precision}."
        + (report.IsComplete ? "" : " Not all runs are done yet.");

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";

    private static AblationSection Variants(AblationReport report) => new(
        "Variants: errors on the held-out photographs with ten crops, mean ± standard deviation over the seeds, in percent.",
        ["variant", "top-1", "Δ top-1", "", "top-5", "Δ top-5", "", "paper: Δ"],
        [
            .. report.Rows.Select(row => (IReadOnlyList<string>)
            [
                row.Variant + (row.Diverged == 0 ? "" : $" ({row.Diverged} diverged)"),
                Percent(row.Top1),
                Points(row.Top1Difference),
                row.Top1Difference?.Verdict ?? "",
                Percent(row.Top5),
                Points(row.Top5Difference),
                row.Top5Difference?.Verdict ?? "",
                Paper(row.Variant),
            ]),
        ],
        [
            "Δ: points more than the baseline ± its standard error, √(s₁²/n₁ + s₂²/n₂). clear: Welch's t-test says so at 5 %; one in twenty such words is chance. "
                + "The spread is that of seeds, not of other photographs.",
            "paper: top-1 / top-5 points on ImageNet, with five convolutions and 1.2 million photographs, unless it says otherwise.",
            .. AblationVariant.All.Where(variant => report.Rows.Any(row => row.Variant == variant.Name)).Select(variant => $"{variant.Name}: {variant.Text}."),
        ]);

    private static AblationSection Costs(AblationReport report) => new(
        "The same networks: top-1 error with one crop and on what they learned from, in percent; size and time.",
        ["variant", "top-1, 1 crop", "top-5, 1 crop", "training", "parameters", "seconds"],
        [
            .. report.Rows.Select(row => (IReadOnlyList<string>)
            [
                row.Variant,
                Percent(row.OneCropTop1),
                Percent(row.OneCropTop5),
                Percent(row.TrainingError),
                string.Create(CultureInfo.InvariantCulture, $"{row.Parameters:N0}"),
                row.Seconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds.Mean:F0}") : None,
            ]),
        ],
        ["training: the last epoch's error on the crops as they were learned from, each before its step: drawn, and with dropout, where the variant has both."]);

    private static AblationSection Crops(AblationReport report, CropsRow crops)
    {
        var baseline = report.Rows[0];
        return new AblationSection(
            "One crop against ten, the baseline's networks.",
            ["error", "1 crop", "10 crops", "Δ", "", "paper: 1 → 10 crops"],
            [
                ["top-1", Percent(baseline.OneCropTop1), Percent(baseline.Top1), Points(crops.Top1), crops.Top1.Verdict, "39.0 → 37.5"],
                ["top-5", Percent(baseline.OneCropTop5), Percent(baseline.Top5), Points(crops.Top5), crops.Top5.Verdict, "18.3 → 17.0"],
            ],
            ["Δ: mean of each network's own difference ± its standard error."]);
    }

    private static AblationSection Ensembles(AblationReport report) => new(
        "Ensembles of the baseline's networks: probabilities averaged, ten crops, mean ± standard deviation over every choice of members, in percent.",
        ["members", "choices", "top-1", "top-5", "paper: top-5"],
        [
            .. report.Ensembles.Select(row => (IReadOnlyList<string>)
            [
                $"{row.Members}",
                $"{row.Top1.Count}",
                Percent(row.Top1),
                Percent(row.Top5),
                row.Members switch { 1 => "18.2", 5 => "16.4", _ => "" },
            ]),
        ],
        ["Choices share members, so their spread is less than that of independent ensembles."]);

    private static AblationSection Figure1(Figure1Report figure) => new(
        string.Create(CultureInfo.InvariantCulture, $"Figure 1: epochs to {figure.Error:P0} training error, nothing regularised, each activation at its best rate."),
        ["activation", "rate", "seed", "epochs", "trained", "last training error"],
        [
            .. figure.Runs.Select(run => (IReadOnlyList<string>)
            [
                run.Activation,
                string.Create(CultureInfo.InvariantCulture, $"{run.Rate}"),
                $"{run.Seed}",
                run.Epochs is { } epochs ? string.Create(CultureInfo.InvariantCulture, $"{epochs:F2}") : run.Diverged ? "diverged" : $"not within {run.Trained}",
                $"{run.Trained}",
                run.LastTrainingError is { } error ? string.Create(CultureInfo.InvariantCulture, $"{100 * error:F2}") : None,
            ]),
        ],
        [
            .. figure.Best.Select(best => string.Create(
                CultureInfo.InvariantCulture,
                $"{best.Activation}: rate {best.Rate}, {Epochs(best, figure.Bound)}{(best.IsAtEdge ? "; the rate is at an end of those tried, a better one may lie beyond" : "")}.")),
            figure.Ratio is { } ratio
                ? string.Create(CultureInfo.InvariantCulture, $"tanh takes {ratio:F1} times as many epochs as relu; the paper says 6 (CIFAR-10, four layers).")
                : "A ratio needs every seed of both to come there; the paper says 6 (CIFAR-10, four layers). Raise --figure1-epochs or try other --rates.",
            "An epoch's training error is a mean over its steps and stands for its middle; between two middles it is taken to fall evenly.",
            "A rate of the sweep ends when it is slower than another one already: 'not within' its epochs.",
        ]);

    private static string Epochs(Figure1Best best, int bound)
    {
        var reached = best.Epochs is { } epochs
            ? string.Create(CultureInfo.InvariantCulture, $"{epochs.Mean:F2}{(epochs.Deviation is { } deviation ? string.Create(CultureInfo.InvariantCulture, $" ± {deviation:F2}") : "")} epochs")
            : $"not within {bound} epochs";
        return best.NotWithin > 0 && best.Epochs is not null ? $"{reached}, and {best.NotWithin} of the seeds not within {bound}" : reached;
    }

    private static string Paper(string name) => AblationVariant.All.FirstOrDefault(variant => variant.Name == name)?.Paper ?? "";

    private static string Percent(Spread? spread) => spread is null ? None
        : spread.Deviation is { } deviation ? string.Create(CultureInfo.InvariantCulture, $"{100 * spread.Mean:F2} ± {100 * deviation:F2}")
        : string.Create(CultureInfo.InvariantCulture, $"{100 * spread.Mean:F2}");

    private static string Points(Difference? difference) => difference is null ? ""
        : difference.StandardError is { } error ? string.Create(CultureInfo.InvariantCulture, $"{100 * difference.Mean:+0.00;-0.00;0.00} ± {100 * error:F2}")
        : string.Create(CultureInfo.InvariantCulture, $"{100 * difference.Mean:+0.00;-0.00;0.00}");
}
