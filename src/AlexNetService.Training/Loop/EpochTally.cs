namespace AlexNetService.Training.Loop;

/// <summary>An epoch that is not finished yet, as a checkpoint in its middle keeps it.</summary>
/// <param name="Steps">Updates done in it.</param>
/// <param name="LossSum">Sum of the loss over the photographs learned from, in nats.</param>
/// <param name="Images">Photographs learned from.</param>
/// <param name="Top1Right">Of those, how many were right at first.</param>
/// <param name="Top5Right">Of those, how many were right among the first five.</param>
/// <param name="Seconds">Time spent on it, in seconds.</param>
/// <param name="Saved">When it stood there, UTC.</param>
public sealed record EpochUnderWay(
    int Steps, double LossSum, int Images, int Top1Right, int Top5Right, double Seconds, DateTimeOffset Saved);

/// <summary>Counts an epoch while it runs, from its beginning or from where a checkpoint left it.</summary>
internal sealed class EpochTally
{
    private readonly TimeProvider clock;
    private readonly long from;
    private readonly TimeSpan before;
    private double lossSum;

    public EpochTally(EpochUnderWay? left, TimeProvider clock)
    {
        this.clock = clock;
        from = clock.GetTimestamp();
        (Steps, lossSum, before) = left is null ? (0, 0, TimeSpan.Zero) : (left.Steps, left.LossSum, TimeSpan.FromSeconds(left.Seconds));
        Errors = left is null ? new ErrorRates() : new ErrorRates(left.Images, left.Top1Right, left.Top5Right);
    }

    /// <summary>Updates done.</summary>
    public int Steps { get; private set; }

    /// <summary>Errors on the photographs learned from, each before its update.</summary>
    public ErrorRates Errors { get; }

    /// <summary>Mean loss, in nats a photograph.</summary>
    public double Loss => lossSum / Errors.Images;

    /// <summary>Time since the epoch began, without the time between a stop and going on.</summary>
    public TimeSpan Elapsed => before + clock.GetElapsedTime(from);

    /// <summary>Counts a step whose photographs <see cref="Errors"/> has counted already.</summary>
    public void Add(float loss, int images)
    {
        Steps++;
        lossSum += (double)loss * images;
    }

    public EpochUnderWay UnderWay() => new(Steps, lossSum, Errors.Images, Errors.Top1Right, Errors.Top5Right, Elapsed.TotalSeconds, clock.GetUtcNow());
}
