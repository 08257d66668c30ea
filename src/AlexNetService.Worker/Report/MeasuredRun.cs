using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Report;

/// <summary>What a run's network does with the photographs it did not learn from.</summary>
/// <param name="ByCrops">Its predictions, for each number of crops.</param>
/// <param name="Wrong">The errors it is surest of with the most crops, with their pictures.</param>
internal sealed record MeasuredRun(IReadOnlyDictionary<int, Predictions> ByCrops, IReadOnlyList<PicturedError> Wrong)
{
    /// <summary>The predictions with the most crops.</summary>
    public Predictions Best => ByCrops[ByCrops.Keys.Max()];
}

/// <summary>An error with its picture.</summary>
/// <param name="Error">The error.</param>
/// <param name="Jpeg">The photograph's canvas.</param>
internal sealed record PicturedError(ConfidentError Error, byte[] Jpeg);
