using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Ablate;

/// <summary>A run of figure 1.</summary>
/// <param name="Activation">relu or tanh.</param>
/// <param name="Rate">Its learning rate.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Epochs">Epochs to the training error, with a fraction; null where it did not come there.</param>
/// <param name="Trained">Epochs it was trained for: it ends when it comes there, at the bound, or when another rate was faster.</param>
/// <param name="LastTrainingError">Training error of the last of them, or null where it diverged in the first.</param>
/// <param name="Diverged">Whether its loss stopped being a number.</param>
internal sealed record Figure1Run(string Activation, double Rate, int Seed, double? Epochs, int Trained, double? LastTrainingError, bool Diverged);

/// <summary>An activation at the best of the rates.</summary>
/// <param name="Activation">relu or tanh.</param>
/// <param name="Rate">The rate with which the first seed came there first; where none did, that with the least training error.</param>
/// <param name="Epochs">Epochs to the training error over the seeds that came there; null where none did.</param>
/// <param name="NotWithin">Seeds that did not come there.</param>
/// <param name="IsAtEdge">Whether the rate is the least or the largest of those tried, so that a better one may lie beyond.</param>
internal sealed record Figure1Best(string Activation, double Rate, Spread? Epochs, int NotWithin, bool IsAtEdge);

/// <summary>Epochs to 25 % training error with ReLU and with tanh, each at its best rate, nothing regularised (Krizhevsky 2012 figure 1).</summary>
/// <param name="Error">The training error, 0 to 1.</param>
/// <param name="Bound">Epochs after which a run was given up.</param>
/// <param name="Runs">All runs.</param>
/// <param name="Best">For each activation.</param>
internal sealed record Figure1Report(double Error, int Bound, IReadOnlyList<Figure1Run> Runs, IReadOnlyList<Figure1Best> Best)
{
    /// <summary>How many times as many epochs tanh took, or null where one of them did not come there.</summary>
    public double? Ratio => Best is [{ Epochs: { } relu, NotWithin: 0 }, { Epochs: { } tanh, NotWithin: 0 }] ? tanh.Mean / relu.Mean : null;

    /// <summary>
    /// Epochs until the training error was so small. An epoch's error is a mean over its steps, so it stands for the middle of the
    /// epoch; between two middles the error is taken to fall evenly, and before the first it falls from chance.
    /// </summary>
    /// <param name="epochs">The epochs of a run.</param>
    /// <param name="error">The error, 0 to 1.</param>
    /// <param name="chance">Error before the first step, 0 to 1.</param>
    /// <returns>Epochs with a fraction, or null where the error stayed above.</returns>
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

    /// <summary>The best rate of an activation's sweep.</summary>
    public static double BestRate(IEnumerable<Figure1Run> sweep) => sweep
        .OrderBy(run => run.Epochs ?? double.PositiveInfinity)
        .ThenBy(run => run.Diverged ? 1 : run.LastTrainingError ?? 1)
        .First().Rate;
}
