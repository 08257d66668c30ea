namespace AlexNetService.Laboratory.Ablate;

/// <summary>A table of a report as text, for the terminal and the Markdown file.</summary>
internal sealed record AblationSection(
    string Title, IReadOnlyList<string> Header, IEnumerable<string[]> Rows, IReadOnlyList<string> Notes)
{
    private const string None = "–";
    private const string Edge = "; the rate is the smallest or largest tried, so a better one may exist beyond";

    public static IReadOnlyList<AblationSection> Of(AblationReport report) =>
    [
        .. report.Rows.Count > 0 ? [Variants(report), Costs(report)] : Array.Empty<AblationSection>(),
        .. report.Crops is { } crops ? [Crops(report, crops)] : Array.Empty<AblationSection>(),
        .. report.Ensembles.Count > 1 ? [Ensembles(report)] : Array.Empty<AblationSection>(),
        .. report.Figure1 is { } figure1 ? [Figure1(figure1)] : Array.Empty<AblationSection>(),
    ];

    /// <summary>All tables of a report as a Markdown file, UTF-8.</summary>
    public static byte[] Markdown(AblationReport report)
    {
        var text = new StringBuilder(Budget(report)).Append('\n');
        foreach (var section in Of(report))
        {
            text.Append('\n').Append(section.Title).Append("\n\n");
            Row(section.Header);
            Row(section.Header.Select(_ => "---"));
            foreach (var row in section.Rows)
            {
                Row(row);
            }

            text.Append('\n').AppendJoin("", section.Notes.Select(note => $"- {note}\n"));
        }

        return Encoding.UTF8.GetBytes(text.ToString());

        void Row(IEnumerable<string> cells) => text
            .Append("| ")
            .AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))
            .Append(" |\n");
    }

    public static string Budget(AblationReport report) =>
        $"{report.Preset} on '{report.DataSet}': {report.TrainingImages} photographs to learn from, {report.ValidationImages} held out, "
        + $"{report.Recipe.Epochs} epochs of batches of {report.Recipe.BatchSize}, "
        + $"rate {report.Recipe.LearningRate} ({report.Recipe.Schedule}), "
        + $"{Count(report.Seeds, "seed")}, {Count(report.Threads, "thread")}, {report.Recipe.Precision}."
        + (report.IsComplete ? "" : " Not all runs are done yet.");

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";

    private static AblationSection Variants(AblationReport report) => new(
        "Variants: errors on the held-out photographs with ten crops, mean ± standard deviation over the seeds, in percent.",
        ["variant", "top-1", "Δ top-1", "", "top-5", "Δ top-5", "", "paper: Δ"],
        report.Rows.Select(row => (string[])
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
        [
            "Δ: points more than the baseline ± its standard error, √(s₁²/n₁ + s₂²/n₂). clear: significant at 5 % by Welch's t-test; "
                + "one such verdict in twenty is chance. The spread is over seeds, not over other photographs.",
            "paper: top-1 / top-5 points on ImageNet, with five convolutions and 1.2 million photographs, unless stated otherwise.",
            .. AblationVariant.All
                .Where(variant => report.Rows.Any(row => row.Variant == variant.Name))
                .Select(variant => $"{variant.Name}: {variant.Text}."),
        ]);

    private static AblationSection Costs(AblationReport report) => new(
        "The same networks: errors with one crop and on their training crops, in percent; size and time.",
        ["variant", "top-1, 1 crop", "top-5, 1 crop", "training", "parameters", "seconds"],
        report.Rows.Select(row => (string[])
        [
            row.Variant,
            Percent(row.OneCropTop1),
            Percent(row.OneCropTop5),
            Percent(row.TrainingError),
            $"{row.Parameters:N0}",
            row.Seconds is { } seconds ? $"{seconds.Mean:F0}" : None,
        ]),
        [
            "training: the last epoch's error on its training crops, before each step; random and with dropout, if the variant has both.",
        ]);

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
        "Ensembles of the baseline's networks: mean probabilities, ten crops; mean ± deviation over every choice of members, in percent.",
        ["members", "choices", "top-1", "top-5", "paper: top-5"],
        report.Ensembles.Select(row => (string[])
        [
            $"{row.Members}",
            $"{row.Top1.Count}",
            Percent(row.Top1),
            Percent(row.Top5),
            row.Members switch { 1 => "18.2", 5 => "16.4", _ => "" },
        ]),
        ["Choices share members, so their spread is less than that of independent ensembles."]);

    private static AblationSection Figure1(Figure1Report figure) => new(
        $"Figure 1: epochs to {figure.Error:P0} training error without regularisation, each activation at its best rate.",
        ["activation", "rate", "seed", "epochs", "trained", "last training error"],
        figure.Runs.Select(run => (string[])
        [
            run.Activation,
            $"{run.Rate}",
            $"{run.Seed}",
            run.Epochs is { } epochs ? $"{epochs:F2}" : run.Diverged ? "diverged" : $"not within {run.Trained}",
            $"{run.Trained}",
            run.LastTrainingError is { } error ? $"{100 * error:F2}" : None,
        ]),
        [
            .. figure.Best.Select(best =>
                $"{best.Activation}: rate {best.Rate}, {Epochs(best, figure.Bound)}{(best.IsAtEdge ? Edge : "")}."),
            figure.Ratio is { } ratio
                ? $"tanh takes {ratio:F1} times as many epochs as relu; the paper says 6 (CIFAR-10, four layers)."
                : "No ratio: not every seed of both got there. The paper says 6 (CIFAR-10, four layers). "
                    + "Raise --figure1-epochs or try other --rates.",
            "An epoch's training error is a mean over its steps and stands for its middle; between two middles it is interpolated.",
            "'not within': a rate of the sweep ends as soon as another was faster.",
        ]);

    private static string Epochs(Figure1Best best, int bound)
    {
        var reached = best.Epochs is { } epochs
            ? $"{epochs.Mean:F2}{(epochs.Deviation is { } deviation ? $" ± {deviation:F2}" : "")} epochs"
            : $"not within {bound} epochs";
        return best.NotWithin > 0 && best.Epochs is not null ? $"{reached}; {best.NotWithin} of the seeds not within {bound}" : reached;
    }

    private static string Paper(string name) => AblationVariant.All.FirstOrDefault(variant => variant.Name == name)?.Paper ?? "";

    private static string Percent(Spread? spread) => spread is null ? None
        : spread.Deviation is { } deviation ? $"{100 * spread.Mean:F2} ± {100 * deviation:F2}"
        : $"{100 * spread.Mean:F2}";

    private static string Points(Difference? difference) => difference is null ? ""
        : $"{100 * difference.Mean:+0.00;-0.00;0.00}"
            + (difference.StandardError is { } error ? $" ± {100 * error:F2}" : "");
}
