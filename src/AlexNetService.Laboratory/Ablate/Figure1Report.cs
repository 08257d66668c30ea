namespace AlexNetService.Laboratory.Ablate;

/// <summary>A run of figure 1.</summary>
/// <param name="Epochs">Epochs to the target error, with a fraction; null if it did not get there.</param>
/// <param name="Trained">Epochs it trained: a run ends at the target, at the bound, or when another rate was faster.</param>
/// <param name="LastTrainingError">Training error of the last of them, or null if it diverged in the first.</param>
internal sealed record Figure1Run(
    string Activation, double Rate, int Seed, double? Epochs, int Trained, double? LastTrainingError, bool Diverged);

/// <summary>An activation at its best rate.</summary>
/// <param name="Rate">
/// The rate at which the first seed reached the target first; if none did, the rate with the least training error.
/// </param>
/// <param name="Epochs">Epochs to the target over the seeds that reached it; null if none did.</param>
/// <param name="NotWithin">Seeds that did not reach the target.</param>
/// <param name="IsAtEdge">Whether the rate is the smallest or largest of those tried, so that a better one may exist beyond.</param>
internal sealed record Figure1Best(string Activation, double Rate, Spread? Epochs, int NotWithin, bool IsAtEdge);

/// <summary>
/// Epochs to 25 % training error with ReLU and with tanh, each at its best rate, nothing regularised (Krizhevsky 2012 figure 1).
/// </summary>
/// <param name="Error">The target: a training error, 0 to 1.</param>
/// <param name="Bound">Epochs after which a run was abandoned.</param>
internal sealed record Figure1Report(double Error, int Bound, IReadOnlyList<Figure1Run> Runs, IReadOnlyList<Figure1Best> Best)
{
    /// <summary>Epochs of tanh divided by those of ReLU, or null if a seed of either did not reach the target.</summary>
    public double? Ratio => Best is [{ Epochs: { } relu, NotWithin: 0 }, { Epochs: { } tanh, NotWithin: 0 }] ? tanh.Mean / relu.Mean : null;

    /// <summary>
    /// Epochs until the training error was reached. An epoch's error is a mean over its steps, so it stands for the middle of the epoch.
    /// The error is interpolated linearly between two middles, and from chance before the first. Null if the error stayed above.
    /// </summary>
    public static double? EpochsTo(IReadOnlyList<EpochResult> epochs, double error, double chance)
    {
        var (at, before) = (0.0, chance);
        foreach (var epoch in epochs)
        {
            var (middle, now) = (epoch.Epoch - 0.5, epoch.TrainingTop1Error);
            if (now <= error)
            {
                return at + ((middle - at) * Math.Clamp((before - error) / (before - now), 0, 1));
            }

            (at, before) = (middle, now);
        }

        return null;
    }

    public static double BestRate(IEnumerable<Figure1Run> sweep) => sweep
        .OrderBy(run => run.Epochs ?? double.PositiveInfinity)
        .ThenBy(run => run.Diverged ? 1 : run.LastTrainingError ?? 1)
        .First().Rate;
}
