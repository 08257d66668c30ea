namespace AlexNetService.Training.Loop;

/// <summary>Progress of an unfinished epoch, as stored in a checkpoint.</summary>
/// <param name="Steps">Number of updates.</param>
/// <param name="LossSum">Sum of the loss over the trained photographs, in nats.</param>
/// <param name="Images">Number of trained photographs.</param>
/// <param name="Top1Right">Photographs among them whose label was the first prediction.</param>
/// <param name="Top5Right">Photographs among them whose label was among the first five predictions.</param>
/// <param name="Seconds">Time spent on the epoch, in seconds.</param>
/// <param name="Saved">Time of this state, UTC.</param>
public sealed record EpochUnderWay(
    int Steps, double LossSum, int Images, int Top1Right, int Top5Right, double Seconds, DateTimeOffset Saved);

/// <summary>Counts steps, loss and errors of an epoch, from its start or from a checkpoint in its middle.</summary>
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
        left ??= new EpochUnderWay(0, 0, 0, 0, 0, 0, default);
        (Steps, lossSum, before) = (left.Steps, left.LossSum, TimeSpan.FromSeconds(left.Seconds));
        Errors = new ErrorRates(left.Images, left.Top1Right, left.Top5Right);
    }

    public int Steps { get; private set; }

    /// <summary>Errors on the trained photographs, each measured before its update.</summary>
    public ErrorRates Errors { get; }

    /// <summary>Mean loss, in nats per photograph.</summary>
    public double Loss => lossSum / Errors.Images;

    /// <summary>Time spent on the epoch; time between a stop and the resumption does not count.</summary>
    public TimeSpan Elapsed => before + clock.GetElapsedTime(from);

    /// <summary>
    /// Counts a step: its photographs, its mean loss in nats, and how many labels were the first prediction and among the first five.
    /// </summary>
    public void Add(int images, float loss, ReadOnlySpan<float> right)
    {
        Steps++;
        lossSum += (double)loss * images;
        Errors.Add(images, right);
    }

    public EpochUnderWay UnderWay() => new(
        Steps, lossSum, Errors.Images, Errors.Top1Right, Errors.Top5Right, Elapsed.TotalSeconds, clock.GetUtcNow());
}
